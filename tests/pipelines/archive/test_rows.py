from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from pipelines.archive.rows import SUBJECT, VALUES, Row, columns, digest, from_clickhouse, from_postgres, sums
from schema.figures import COUNTERS
from tests.support.warehouse import empty_clickhouse

COST = Decimal("-12.000001")
COUNTED: Mapping[str, int] = {figure.column: number for number, figure in enumerate(COUNTERS.values(), 3)}
ROW = Row(
    scope="OPERATOR",
    scope_id="op-1",
    bucket=3600,
    counters=tuple(COUNTED.values()),
    total_cost=COST,
    costs=(("AFN", Decimal(2)), ("EUR", Decimal(1))),
    latency_bins=(1, 9),
    latency_counts=(3, 1),
)
# In another order than in the tables: rows are read by name.
COMMON: Mapping[str, Any] = {
    "latency_counts": [3, 1],
    "latency_bins": [1, 9],
    "total_cost": COST,
    **dict(reversed(list(COUNTED.items()))),
    "bucket": 3600,
    "scope_id": "op-1",
    "scope": "OPERATOR",
}
POSTGRES = {**COMMON, "currencies": ["EUR", "AFN"], "costs": [Decimal(1), Decimal(2)]}
CLICKHOUSE = {**COMMON, "costs": {"EUR": Decimal(1), "AFN": Decimal(2)}}


def test_a_row_is_the_same_from_either_store() -> None:
    assert from_postgres([POSTGRES]) == from_clickhouse([CLICKHOUSE]) == [ROW]


def test_rows_are_in_order_whatever_order_they_come_in() -> None:
    other = ROW._replace(scope_id="op-0")
    records = [CLICKHOUSE, {**CLICKHOUSE, "scope_id": "op-0"}]
    assert from_clickhouse(records) == from_clickhouse(records[::-1]) == [other, ROW]


def test_columns_have_the_values_of_their_names_and_end_with_the_batch() -> None:
    made = dict(zip([*SUBJECT, "bucket", *VALUES, "batch"], columns([ROW, ROW], 8), strict=True))
    wanted = {**CLICKHOUSE, "latency_bins": (1, 9), "latency_counts": (3, 1), "batch": 8}
    assert {name: list(values) for name, values in made.items()} == {name: [wanted[name]] * 2 for name in wanted}


def test_any_change_changes_the_digest() -> None:
    nothing: Any = None
    changed = [ROW._replace(**{name: nothing}) for name in Row._fields]
    assert len({digest([row]) for row in [ROW, *changed]}) == len(Row._fields) + 1


def test_sums_are_of_all_that_adds_up() -> None:
    added = {figure.column: 2 * COUNTED[figure.column] for figure in COUNTERS.values() if figure.merge == "sum"}
    assert sums([ROW, ROW]) == {**added, "total_cost": 2 * COST}
    assert sums([]) == {**dict.fromkeys(added, 0), "total_cost": 0}


@pytest.mark.anyio
@pytest.mark.parametrize("period", ["hour", "day"])
async def test_live_columns_are_those_that_are_written(clickhouse: Engine, period: str) -> None:
    await empty_clickhouse(clickhouse.dsn)
    table = {"hour": "metrics_hourly_archive", "day": "metrics_daily_archive"}[period]
    async with connect(clickhouse.dsn) as client:
        live = await client.query(f"select name from system.columns where database = 'anlyt' and table = '{table}'")
    assert {name for (name,) in live.result_rows} == {*SUBJECT, f"{period}_bucket", *VALUES, "batch"}
