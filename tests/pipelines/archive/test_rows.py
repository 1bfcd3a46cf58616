from decimal import Decimal
from typing import Any

import pytest

from infra.embedded.engine import Engine
from pipelines.archive.rows import FIGURES, SUBJECT, Row, columns, digest, from_clickhouse, from_postgres, sums
from tests.support.warehouse import emptied, opened

COST = Decimal("-12.000001")
ROW = Row(
    "OPERATOR", "op-1", 3600, 5, 3, 1, 0, 6, COST, (("AFN", Decimal(2)), ("EUR", Decimal(1))), 90, 4, 7, (1, 9), (3, 1)
)
POSTGRES = (
    "OPERATOR",
    "op-1",
    3600,
    5,
    3,
    1,
    0,
    6,
    COST,
    ["EUR", "AFN"],
    [Decimal(1), Decimal(2)],
    90,
    4,
    7,
    [1, 9],
    [3, 1],
)
CLICKHOUSE = (
    "OPERATOR",
    "op-1",
    3600,
    5,
    3,
    1,
    0,
    6,
    COST,
    {"EUR": Decimal(1), "AFN": Decimal(2)},
    90,
    4,
    7,
    [1, 9],
    [3, 1],
)


def test_a_row_is_the_same_from_either_store() -> None:
    assert from_postgres([POSTGRES]) == from_clickhouse([CLICKHOUSE]) == [ROW]


def test_rows_are_in_order_whatever_order_they_come_in() -> None:
    other = ROW._replace(scope_id="op-0")
    given = [list(CLICKHOUSE), [CLICKHOUSE[0], "op-0", *CLICKHOUSE[2:]]]
    assert from_clickhouse(given) == from_clickhouse(given[::-1]) == [other, ROW]


def test_columns_are_as_many_as_are_named_and_end_with_the_batch() -> None:
    made = columns([ROW, ROW], 8)
    assert len(made) == len(SUBJECT) + 1 + len(FIGURES) + 1
    assert (made[0], made[9], made[-1]) == (("OPERATOR",) * 2, [{"AFN": Decimal(2), "EUR": Decimal(1)}] * 2, [8, 8])


def test_any_change_changes_the_digest() -> None:
    nothing: Any = None
    changed = [ROW._replace(**{name: nothing}) for name in Row._fields]
    assert len({digest([row]) for row in [ROW, *changed]}) == len(Row._fields) + 1


def test_sums() -> None:
    assert sums([ROW, ROW])["total_cost"] == 2 * COST
    assert sums([])["total_messages"] == 0


@pytest.mark.anyio
@pytest.mark.parametrize("period", ["hour", "day"])
async def test_live_columns_are_those_that_are_written(clickhouse: Engine, period: str) -> None:
    await emptied(clickhouse.dsn)
    table = {"hour": "metrics_hourly_archive", "day": "metrics_daily_archive"}[period]
    async with opened(clickhouse.dsn) as client:
        live = await client.query(f"select name from system.columns where database = 'anlyt' and table = '{table}'")
    assert {name for (name,) in live.result_rows} == {*SUBJECT, f"{period}_bucket", *FIGURES, "batch"}
