"""Runs compiled queries directly in the engine, without the layers above."""

from collections.abc import Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.access.cursors import PagePosition
from graph.dsl.columns import printed
from graph.dsl.compile import Compiled
from graph.dsl.select import Statement

Row = Mapping[str, Any]


async def raw_rows(client: AsyncClient, statement: Statement) -> Sequence[Sequence[Any]]:
    """The rows of a statement, with the engine's values."""
    result = await client.query(statement.sql, parameters=dict(statement.parameters), settings=dict(statement.settings))
    return result.result_rows


async def printed_rows(client: AsyncClient, compiled: Compiled, statement: Statement) -> Sequence[Row]:
    """The rows of a statement, with JSON values; those of the previous window are in `previous`."""
    rows = []
    for row in await raw_rows(client, statement):
        row_by_name: dict[str, Any] = {}
        for column, value in zip(statement.columns, row, strict=True):
            target = row_by_name.setdefault("previous", {}) if column.role == "previous" else row_by_name
            target[column.name] = printed(column, value, compiled.timezone)
        rows.append(row_by_name)
    return rows


def next_position(compiled: Compiled, page: Sequence[Sequence[Any]]) -> PagePosition | None:
    """The position of the next page; None after the last one."""
    return compiled.end(page[compiled.limit - 1]) if len(page) > compiled.limit else None
