"""Compares the content of ClickHouse with the reference."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import ClickHouse, connect
from infra.migrate import ClickHouseLedger, migrate
from tests.support.fact_reference import COLUMNS, Expected
from tests.support.stored import first_lines

# For tests that send it no query.
NO_CLICKHOUSE = ClickHouse("http://127.0.0.1:1/anlyt", AsyncExitStack(), 1)
COMPUTED = [
    *("cube_dlr_hourly", "cube_dlr_daily", "cube_cdr_hourly", "cube_cdr_daily", "cube_compliance_hourly"),
    "data_as_of",
]
TABLES = [*COLUMNS, "dirty", *COMPUTED, "metrics_hourly_archive", "metrics_daily_archive"]

FILLED = "select name from system.tables where database = 'anlyt' and name in {tables:Array(String)} and total_rows > 0"


async def empty_clickhouse(dsn: str) -> None:
    """Applies missing migrations and empties all tables."""
    async with connect(dsn, database="default") as client:
        async for _ in migrate(ClickHouseLedger(client), "clickhouse"):
            pass
        for (table,) in (await client.query(FILLED, parameters={"tables": TABLES})).result_rows:
            await client.command(f"truncate table anlyt.{table}")


async def fact_differences(dsn: str, expected: Expected) -> Sequence[str]:
    """The differences in fact tables and marks of dirty cells; empty if there are none."""
    async with connect(dsn) as client:
        stored = {table: await _facts(client, table) for table in COLUMNS}
        marks = await client.query("select distinct cube, tenant_id, hour from dirty")
    lines = [line for table, rows in stored.items() for line in compared_counts(table, expected.facts[table], rows)]
    expected_marks = expected.marks | expected.searched
    lines += [f"mark {mark}" for mark in expected_marks.symmetric_difference(map(comparable, marks.result_rows))]
    return first_lines(lines)


async def rows(dsn: str, statement: str) -> list[Any]:
    async with connect(dsn) as client:
        return list((await client.query(statement)).result_rows)


async def _facts(client: AsyncClient, table: str) -> Counter[tuple[Any, ...]]:
    """The count of each row, without event keys, which the reference does not have."""
    result = await client.query(f"select {', '.join(COLUMNS[table])} from {table} final")
    return Counter(map(comparable, result.result_rows))


def comparable(row: Sequence[Any]) -> tuple[Any, ...]:
    """The row with UTC times and tuples. The client returns naive times and lists."""
    return tuple(
        cell.replace(tzinfo=UTC) if isinstance(cell, datetime) else tuple(cell) if isinstance(cell, list) else cell
        for cell in row
    )


def compared_counts(table: str, expected: Mapping[Any, int], stored: Mapping[Any, int]) -> Sequence[str]:
    return [
        f"{table} {row}: expected {expected.get(row, 0)} times, stored {stored.get(row, 0)} times"
        for row in expected.keys() | stored.keys()
        if expected.get(row, 0) != stored.get(row, 0)
    ]
