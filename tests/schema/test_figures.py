"""The declared figures are the columns of all five tables, and every statement takes them from the declaration."""

import re
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from schema.figures import COUNTERS, FIGURES, HISTOGRAM, Totals, of
from schema.writes import Billed, Delivered
from tests.support.database import connected, fresh_database, make_template
from tests.support.warehouse import empty_clickhouse

ROOT: Final = Path(__file__).parents[2]
STATEMENTS: Final = sorted(
    chain.from_iterable((ROOT / folder).rglob("sql/**/*.sql") for folder in ("graph", "ingest", "pipelines"))
)
OTHERS: Final = {"scope", "scope_id", "hour_bucket", "day_bucket", "updated_at", "billing_events", "batch", "costs"} | {
    "day",
    "number",
    "is_after",
    "currencies",
}
CLICKHOUSE: Final = {
    "bigint": "Int64",
    "numeric(38,6)": "Decimal(38, 6)",
    "smallint[]": "Array(Int16)",
    "bigint[]": "Array(Int64)",
}


@pytest.mark.anyio
@pytest.mark.parametrize("table", ["metrics_hourly", "metrics_daily", "restated_rows"])
async def test_columns_in_postgresql_are_the_declared_ones(postgres: Engine, table: str) -> None:
    await make_template(postgres)
    async with fresh_database(postgres) as dsn, connected(dsn) as connection:
        rows = await connection.fetch(
            "select attname as name, format_type(atttypid, atttypmod) as type, not attnotnull as nullable "
            "from pg_attribute where attrelid = $1::text::regclass and attnum > 0 and not attisdropped",
            f"anlyt.{table}",
        )
    found = {row["name"]: (row["type"], row["nullable"]) for row in rows if row["name"] not in OTHERS}
    declared = {figure.column: (figure.sql, figure.added is not None) for figure in FIGURES.values()}
    assert found == declared | {column: (type_, False) for column, type_ in HISTOGRAM.items()}


@pytest.mark.anyio
async def test_operators_are_read_with_every_figure(postgres: Engine) -> None:
    await make_template(postgres)
    async with fresh_database(postgres) as dsn, connected(dsn) as connection:
        statement = await connection.prepare("select * from anlyt.operator_performance")
        found = {attribute.name for attribute in statement.get_attributes()}
    columns = {figure.column for figure in FIGURES.values()} | {*HISTOGRAM}
    assert found == columns | {"hour_bucket", "operator_id", "updated_at"}


@pytest.mark.anyio
@pytest.mark.parametrize("table", ["metrics_hourly_archive", "metrics_daily_archive"])
async def test_columns_in_clickhouse_are_the_declared_ones(clickhouse: Engine, table: str) -> None:
    await empty_clickhouse(clickhouse.dsn)
    async with connect(clickhouse.dsn) as client:
        live = await client.query(
            "select name, type from system.columns where database = 'anlyt' and table = {table:String}",
            parameters={"table": table},
        )
    declared = {
        figure.column: f"Nullable({CLICKHOUSE[figure.sql]})" if figure.added else CLICKHOUSE[figure.sql]
        for figure in FIGURES.values()
    }
    wanted = declared | {column: CLICKHOUSE[type_] for column, type_ in HISTOGRAM.items()}
    assert {name: type_ for name, type_ in live.result_rows if name not in OTHERS} == wanted


def test_a_figure_that_was_added_later_says_by_which_migration() -> None:
    migrations = {file.stem for file in (ROOT / "schema/postgres").glob("*.sql")}
    assert {figure.added for figure in FIGURES.values() if figure.added} <= migrations


def test_cells_have_what_their_statements_are_given() -> None:
    assert all(hasattr(Billed(), name) for name in of("billed"))
    assert all(hasattr(Delivered(), name) for name in of("delivered"))
    assert {**of("billed"), **of("delivered")} == COUNTERS


def test_fields_are_figures() -> None:
    assert tuple(FIGURES) == Totals._fields
    assert all(figure.meaning.endswith(".") and figure.unit for figure in FIGURES.values())


def test_statements_list_no_figures_themselves() -> None:
    """Statements use {billed}, {delivered} or {counters} instead."""
    delivered = [re.compile(rf"\b{figure.column}\b") for figure in of("delivered").values()]
    assert STATEMENTS
    assert [file for file in STATEMENTS if all(name.search(file.read_text()) for name in delivered)] == []


@pytest.mark.parametrize(
    ("values", "total"), [((), 0), ((1, 2), 3), ((0, -4), -4)], ids=["none", "some", "less than nothing"]
)
def test_a_sum_adds_up(values: tuple[int, ...], total: int) -> None:
    assert FIGURES["messages"].total(values) == total


@pytest.mark.parametrize(("values", "total"), [((), 0), ((1, 2), 3), ((1, None, 2), None), ((None,), None)])
def test_a_sum_of_what_was_not_always_counted_is_unknown(values: tuple[int | None, ...], total: int | None) -> None:
    assert FIGURES["refunded"].total(values) == total


def test_a_peak_is_the_highest() -> None:
    assert FIGURES["peak_tps"].total((3, 9, 4)) == 9
