"""Names and values are resolved against the dataset and the caller's scope."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from graph.dsl.ast import And, Comparison, Not
from graph.dsl.parse import parse
from graph.dsl.resolve import ResolvedQuery, Sort, resolve
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from graph.errors import InvalidQueryError
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.zones import TIMEZONES

OCTOBER = {"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z"}
MASKED = OneTenant("t-1", (("AWCC", "MNO-B"), ("unknown", "unknown")))


def resolved(scope: QueryScope = AllTenants(), **members: Any) -> ResolvedQuery:  # noqa: B008  # frozen
    return resolve(parse({"dataset": "dlr", "measures": ["messages"], "time": OCTOBER} | members), scope)


def problems(scope: QueryScope = AllTenants(), **members: Any) -> list[tuple[str, str]]:  # noqa: B008  # frozen
    with pytest.raises(InvalidQueryError) as caught:
        resolved(scope, **members)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_conditions_become_simple_and_measures_integers() -> None:
    query = resolved(
        filter={
            "and": [{"field": "lane", "op": "ne", "value": "OTP"}, {"field": "mno", "op": "in", "value": ["A", "A"]}]
        },
        having={"field": "deliveryRate", "op": "gte", "value": 0.95},
    )
    assert query.filter == And(
        (Not(Comparison("$.filter.and[0]", "lane", "eq", "OTP")), Comparison("$.filter.and[1]", "mno", "eq", "A"))
    )
    assert query.having == Comparison("$.having", "deliveryRate", "gte", 9500)
    money = resolved(
        dataset="cdr", measures=["records"], having={"field": "cost", "op": "in", "value": ["1.5", "-0.000001"]}
    )
    assert money.having == Comparison("$.having", "cost", "in", (1_500_000, -1))


def test_the_order_has_every_group() -> None:
    order = [{"field": "messages", "direction": "desc"}, {"field": "lane"}]
    query = resolved(dimensions=["mno", "lane"], time=OCTOBER | {"granularity": "day"}, orderBy=order)
    assert query.order == (Sort("messages", True), Sort("lane", False), Sort("time", False), Sort("mno", False))
    assert resolved().order == ()


@pytest.mark.parametrize(
    ("members", "path", "message"),
    [
        ({"orderBy": [{"field": "failed"}]}, "$.orderBy[0].field", '"failed" is not a column of this answer.'),
        ({"orderBy": [{"field": "time"}]}, "$.orderBy[0].field", '"time" is not a column of this answer.'),
        ({"orderBy": [{"field": "messages"}] * 2}, "$.orderBy[1].field", "messages is repeated."),
        (
            {"filter": {"field": "time", "op": "eq", "value": "x"}},
            "$.filter.field",
            "Bound time with `time.from` and `time.to`.",
        ),
        (
            {"filter": {"field": "status", "op": "prefix", "value": "D"}},
            "$.filter.op",
            '"prefix" is not an operator that status takes.',
        ),
        ({"filter": {"field": "status", "op": "eq", "value": "DONE"}}, "$.filter.value", '"DONE" is not a status.'),
        (
            {"filter": {"field": "errorCode", "op": "in", "value": ["99", 99]}},
            "$.filter.value[1]",
            "errorCode is a text; 99 is not.",
        ),
        (
            {"having": {"field": "messages", "op": "eq", "value": "5"}},
            "$.having.value",
            'messages is an integer of at most 18 digits; "5" is not.',
        ),
        (
            {"having": {"field": "messages", "op": "isNull"}},
            "$.having.op",
            '"isNull" is not an operator that messages takes.',
        ),
        (
            {"having": {"field": "deliveryRate", "op": "eq", "value": 0.99999}},
            "$.having.value",
            'deliveryRate is a number with at most 4 decimals, and 14 digits before them; "0.99999" is not.',
        ),
        (
            {"compareTo": "sameElapsed", "time": {"from": "2026-10-01T00:00:01Z", "to": "2026-10-02T00:00:00Z"}},
            "$.compareTo",
            "`sameElapsed` needs a window that begins a day, month, week or year of its timezone and lies within it; "
            "`previousPeriod` compares any window.",
        ),
    ],
)
def test_one_problem(members: dict[str, Any], path: str, message: str) -> None:
    assert problems(**members) == [(path, message)]


@pytest.mark.parametrize(
    "value",
    ["999999999999999", "1e16", "1e999999999", "-1e-999999999", "0.1e-5", "1.00000000000000000000000001"],
)
def test_numbers_that_would_be_rounded_or_overflow_are_refused(value: str) -> None:
    body = (
        '{"dataset": "dlr", "measures": ["messages"], "time": {"from": "2026-10-01T00:00:00Z", '
        f'"to": "2026-11-01T00:00:00Z"}}, "having": {{"field": "deliveryRate", "op": "gt", "value": {value}}}}}'
    )
    with pytest.raises(InvalidQueryError) as caught:
        resolve(parse(body.encode()), AllTenants())
    assert [problem.path for problem in caught.value.problems] == ["$.having.value"]


@pytest.mark.parametrize(
    ("granularity", "days", "message"),
    [
        ("none", 1, "Needs a granularity: without one, there are no buckets to fill."),
        (
            "minute",
            70,
            "Fills at most 100,000 buckets; request a shorter window, or a coarser granularity than minute.",
        ),
    ],
)
def test_only_buckets_that_can_be_returned_are_filled(granularity: str, days: int, message: str) -> None:
    end = datetime.fromisoformat(OCTOBER["from"]) + timedelta(days=days)
    time = OCTOBER | {"to": end.isoformat(), "granularity": granularity}
    assert problems(fill=True, time=time) == [("$.fill", message)]
    assert not resolved(time=time).fill
    assert resolved(fill=True, time=time | {"granularity": "hour"}).fill


def test_a_reader_of_pseudonyms_cannot_use_operators() -> None:
    reported = problems(
        MASKED,
        dimensions=["destinationPrefix", "mno"],
        filter={"field": "operatorId", "op": "eq", "value": "op-1"},
    )
    addendum = "reveals the MNO: it needs a data-share addendum in force."
    assert reported == [
        ("$.dimensions[0]", f"destinationPrefix {addendum}"),
        ("$.filter.field", f"operatorId {addendum}"),
    ]
    assert resolved(OneTenant("t-1", None), dimensions=["destinationPrefix", "operatorId"]).dimensions


def test_a_real_name_is_refused_like_any_other_word() -> None:
    real, invented = (
        problems(MASKED, filter={"field": "mno", "op": "in", "value": [name]})[0][1].replace(name, "?")
        for name in ("AWCC", "NOBODY")
    )
    assert real == invented
    for pseudonym in ("MNO-B", "MNO-Z", "unknown"):
        assert resolved(MASKED, filter={"field": "mno", "op": "eq", "value": pseudonym}).filter


@pytest.mark.parametrize(
    ("members", "needed"),
    [
        ({"measures": ["cost"]}, True),
        ({"measures": ["records"]}, False),
        ({"measures": ["records"], "having": {"field": "avgCost", "op": "gt", "value": "1"}}, True),
        ({"measures": ["cost"], "dimensions": ["currency"]}, False),
        ({"measures": ["cost"], "filter": {"field": "currency", "op": "eq", "value": "USD"}}, False),
        ({"measures": ["cost"], "filter": {"field": "currency", "op": "in", "value": ["USD", "USD"]}}, False),
        ({"measures": ["cost"], "filter": {"field": "currency", "op": "in", "value": ["USD", "AFN"]}}, True),
        ({"measures": ["cost"], "filter": {"or": [{"field": "currency", "op": "eq", "value": "USD"}] * 2}}, True),
        ({"measures": ["cost"], "filter": {"not": {"field": "currency", "op": "eq", "value": "USD"}}}, True),
    ],
)
def test_money_needs_one_currency(members: dict[str, Any], needed: bool) -> None:
    assert resolved(**{"dataset": "cdr"} | members).needs_one_currency is needed


@pytest.mark.anyio
async def test_the_engine_knows_every_timezone(clickhouse: Engine) -> None:
    async with connect(clickhouse.dsn) as client:
        known = await client.query("select time_zone from system.time_zones")
    assert {name for (name,) in known.result_rows} >= TIMEZONES
