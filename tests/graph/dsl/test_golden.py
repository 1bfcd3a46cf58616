"""The exact SQL of example queries, and their bound parameters."""

from pathlib import Path
from typing import Any

import pytest

from graph.access.cursors import PagePosition
from graph.dsl.compile import compile_query
from graph.dsl.marked import Marked
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from graph.dsl.select import Statement

GOLDEN = Path(__file__).parent / "golden"
OCTOBER = {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
NAMED = OneTenant("t-1", None)
MASKED = OneTenant("t-1", (("AWCC", "MNO-B"), ("ROSHAN", "MNO-A")))

QUERIES: dict[str, tuple[dict[str, Any], QueryScope, PagePosition | None]] = {
    "cube_of_one_tenant": (
        {
            "dataset": "dlr",
            "measures": ["messages", "deliveryRate", "p95LatencyMs"],
            "dimensions": ["mno", "lane"],
            "time": OCTOBER | {"granularity": "day"},
            "orderBy": [{"field": "time", "direction": "desc"}],
        },
        NAMED,
        None,
    ),
    "facts_under_pseudonyms": (
        {
            "dataset": "dlr",
            "measures": ["messages"],
            "dimensions": ["mno"],
            "time": OCTOBER | {"granularity": "hour", "timezone": "Asia/Kabul"},
            "filter": {"field": "mno", "op": "in", "value": ["MNO-A", "MNO-B"]},
        },
        MASKED,
        None,
    ),
    "next_page_by_time": (
        {
            "dataset": "dlr",
            "measures": ["messages"],
            "dimensions": ["errorCode"],
            "time": OCTOBER | {"granularity": "day"},
            "orderBy": [{"field": "time"}, {"field": "errorCode", "direction": "desc"}],
            "limit": 100,
        },
        NAMED,
        (100, "1791072000", "099"),
    ),
    "filled_next_page": (
        {
            "dataset": "dlr",
            "measures": ["messages", "p95LatencyMs"],
            "dimensions": ["mno"],
            "time": OCTOBER | {"granularity": "hour", "timezone": "Asia/Kabul"},
            "fill": True,
            "limit": 100,
        },
        MASKED,
        (100, "1791072000", "MNO-A"),
    ),
    "next_page_by_measure": (
        {
            "dataset": "dlr",
            "measures": ["deliveryRate", "messages"],
            "dimensions": ["mno"],
            "time": OCTOBER,
            "having": {"field": "failed", "op": "gt", "value": 0},
            "orderBy": [{"field": "deliveryRate", "direction": "desc"}],
        },
        NAMED,
        (500, "9876", "AWCC"),
    ),
    "previous_month": (
        {
            "dataset": "cdr",
            "measures": ["records", "cost"],
            "dimensions": ["currency"],
            "time": OCTOBER | {"granularity": "week"},
            "compareTo": "previousPeriod",
        },
        NAMED,
        None,
    ),
    "every_tenant": (
        {
            "dataset": "cdr",
            "measures": ["costPerDelivered", "avgCost"],
            "dimensions": ["tenantId"],
            "time": OCTOBER,
            "filter": {
                "and": [
                    {"field": "currency", "op": "in", "value": ["USD", "USD"]},
                    {
                        "or": [
                            {"field": "lane", "op": "ne", "value": "OTP"},
                            {"field": "direction", "op": "eq", "value": "MT"},
                        ]
                    },
                ]
            },
        },
        AllTenants(),
        None,
    ),
    "rule_types_as_groups": (
        {
            "dataset": "compliance",
            "measures": ["evaluations", "blockRate"],
            "dimensions": ["ruleType"],
            "time": OCTOBER | {"granularity": "month"},
            "filter": {"field": "ruleType", "op": "ne", "value": "URL"},
        },
        NAMED,
        None,
    ),
    "rule_types_in_a_filter": (
        {
            "dataset": "compliance",
            "measures": ["evaluations"],
            "time": OCTOBER,
            "filter": {
                "and": [
                    {"field": "ruleType", "op": "prefix", "value": "Q"},
                    {"field": "verdict", "op": "notIn", "value": ["ALLOW", "FLAG"]},
                ]
            },
        },
        NAMED,
        None,
    ),
}


@pytest.mark.parametrize("name", QUERIES)
def test_sql(name: str) -> None:
    query, scope, position = QUERIES[name]
    assert written(compile_query(parse(query), scope, position).rows) == golden(name)


def test_totals_and_currencies() -> None:
    compiled = compile_query(parse(QUERIES["previous_month"][0] | {"dimensions": [], "totals": True}), NAMED, None)
    assert compiled.totals is not None
    assert compiled.currencies is not None
    assert written(compiled.totals) == golden("totals")
    assert written(compiled.currencies) == golden("currencies")
    assert written(compiled.estimate).startswith("explain estimate select\n")
    assert compiled.estimate.parameters == compiled.rows.parameters


def test_marked_hours() -> None:
    """On a marked day, hours without a mark come from the hourly cube, and marked ones from facts."""
    compiled = compile_query(parse(QUERIES["every_tenant"][0]), AllTenants(), None)
    marked = Marked((("t-1", 1791007200), ("t-2", 1791010800)), of_every_tenant=False)
    compiled = compiled.with_plan(compiled.plan.with_marked(marked))
    assert written(compiled.rows) == golden("marked_hours")
    assert written(compiled.count) == golden("marked_hours_count")


def test_every_golden_file_belongs_to_a_query() -> None:
    assert {file.stem for file in GOLDEN.iterdir()} == {
        *QUERIES,
        *("totals", "currencies", "marked_hours", "marked_hours_count"),
    }


def written(statement: Statement) -> str:
    """The SQL, followed by its parameters."""
    parameters = "\n".join(f"-- {name} = {value!r}" for name, value in statement.parameters.items())
    return f"{statement.sql}\n\n{parameters}\n"


def golden(name: str) -> str:
    return (GOLDEN / f"{name}.sql").read_text()
