"""Asks what a panel asks, of the stores themselves."""

import math
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import aiohttp
import asyncpg
from clickhouse_connect.driver.asyncclient import AsyncClient

from dashboards.sources import CLICKHOUSE, POSTGRES, PROMETHEUS, SOURCES, Json
from infra.clickhouse import connect
from infra.postgres import Connection
from tools.grafana import filling
from tools.grafana.filling import Choices, Window

Points: TypeAlias = Sequence[tuple[datetime, float]]
Series: TypeAlias = Mapping[str, Points]
"""Points in the order of time, by the name that the legend shows."""
TIME: Final = "time"


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


Answer: TypeAlias = Series | Table


@dataclass(frozen=True, slots=True)
class Addresses:
    """A URL, and two DSNs."""

    prometheus: str
    clickhouse: str
    postgres: str


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections to what dashboards ask."""

    prometheus: aiohttp.ClientSession
    clickhouse: AsyncClient
    postgres: Connection


@asynccontextmanager
async def opened(addresses: Addresses) -> AsyncIterator[Connections]:
    """Closed with the body."""
    async with (
        aiohttp.ClientSession(addresses.prometheus, raise_for_status=True) as prometheus,
        connect(addresses.clickhouse) as clickhouse,
    ):
        postgres = await asyncpg.connect(addresses.postgres, server_settings={"timezone": "UTC"})
        try:
            yield Connections(prometheus, clickhouse, postgres)
        finally:
            await postgres.close()


async def ask(target: Json, to: Connections, window: Window, choices: Choices) -> Answer:
    """What a query of a panel answers; the error of the store if it refuses."""
    (source,) = (each for each in SOURCES if each.plugin == target["datasource"]["type"])
    if source is PROMETHEUS:
        query = filling.promql(target["expr"], window, choices)
        return named(await _promql(to.prometheus, query, window), target["legendFormat"])
    if source is CLICKHOUSE:
        found = await ask_clickhouse(to.clickhouse, filling.clickhouse(target["rawSql"], window, choices))
        return series(found) if target["queryType"] == "timeseries" else found
    assert source is POSTGRES
    found = await _ask_postgres(to.postgres, filling.postgres(target["rawSql"], window, choices))
    return series(found) if target["format"] == "time_series" else found


async def _promql(session: aiohttp.ClientSession, query: str, window: Window) -> Sequence[Json]:
    parameters = {
        "query": query,
        "start": str(window.start.timestamp()),
        "end": str(window.end.timestamp()),
        "step": str(window.step.total_seconds()),
    }
    async with session.get("/api/v1/query_range", params=parameters) as response:
        result: Sequence[Json] = (await response.json())["data"]["result"]
        return result


async def ask_clickhouse(client: AsyncClient, text: str) -> Table:
    result = await client.query(text)
    return Table(result.column_names, [[_cell(value) for value in row] for row in result.result_rows])


async def _ask_postgres(connection: Connection, text: str) -> Table:
    prepared = await connection.prepare(text)
    columns = [attribute.name for attribute in prepared.get_attributes()]
    return Table(columns, [[_cell(value) for value in row] for row in await prepared.fetch()])


def named(matrix: Sequence[Json], legend: str) -> Series:
    """Prometheus's series by their legend, as {{label}}; points that are no number are left out."""
    found = {}
    for each in matrix:
        name = legend
        for label, value in each["metric"].items():
            name = name.replace(f"{{{{{label}}}}}", value)
        points = ((datetime.fromtimestamp(at, UTC), float(value)) for at, value in each["values"])
        found[name] = [point for point in points if math.isfinite(point[1])]
    return found


def _cell(value: Any) -> Any:
    """Times of day are UTC, and of any two stores the same."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def series(table: Table) -> Series:
    """Lines of rows: one for each value of the text columns, in each number column; ValueError if Grafana refuses them.

    Grafana asks for a column `time` in ascending order, and takes the text columns as labels.
    """
    if not table.rows:  # of no rows, ClickHouse tells no columns
        return {}
    at = table.columns.index(TIME)
    if [row[at] for row in table.rows] != sorted(row[at] for row in table.rows):
        raise ValueError("The rows are not in the order of time.")
    found: dict[str, list[tuple[datetime, float]]] = {}
    for row in table.rows:
        for name, value in _values(table.columns, row):
            found.setdefault(name, []).append((row[at], value))
    return found


def _values(columns: Sequence[str], row: Sequence[Any]) -> Iterator[tuple[str, float]]:
    labels = " ".join(value for value in row if isinstance(value, str))
    for column, value in zip(columns, row, strict=True):
        if (
            not isinstance(value, str | date | None)
            and isinstance(value, int | float | Decimal)
            and math.isfinite(value)
        ):
            yield labels or column, float(value)
