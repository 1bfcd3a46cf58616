"""Compiled queries run on the engine as they are, without the layers above."""

from collections.abc import Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.access.cursors import PagePosition
from graph.dsl.columns import printed
from graph.dsl.compile import Compiled
from graph.dsl.select import Statement

Row = Mapping[str, Any]


async def cells(client: AsyncClient, statement: Statement) -> Sequence[Sequence[Any]]:
    """Rows as the engine gives them."""
    result = await client.query(statement.sql, parameters=dict(statement.parameters), settings=dict(statement.settings))
    return result.result_rows


async def rows(client: AsyncClient, compiled: Compiled, statement: Statement) -> Sequence[Row]:
    """Rows as they are printed; `previous` apart."""
    found = []
    for row in await cells(client, statement):
        told: dict[str, Any] = {}
        for column, value in zip(statement.columns, row, strict=True):
            target = told.setdefault("previous", {}) if column.role == "previous" else told
            target[column.name] = printed(column, value, compiled.timezone)
        found.append(told)
    return found


def end(compiled: Compiled, page: Sequence[Sequence[Any]]) -> PagePosition | None:
    """Where the next page begins; None after the last one."""
    return compiled.end(page[compiled.limit - 1]) if len(page) > compiled.limit else None
