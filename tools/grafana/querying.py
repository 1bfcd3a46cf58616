"""Sends the queries of panels to the stores, and makes series or tables of the rows, as Grafana does."""

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
from tools.grafana import interpolation
from tools.grafana.interpolation import Choices, Window

Points: TypeAlias = Sequence[tuple[datetime, float]]
Series: TypeAlias = Mapping[str, Points]
"""Points in time order, by the name in the legend."""
TIME: Final = "time"


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a query, and the names of their columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


QueryResult: TypeAlias = Series | Rows


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URL of Prometheus, and the DSNs of the two stores."""

    prometheus: str
    clickhouse: str
    postgres: str


@dataclass(frozen=True, slots=True)
class Connections:
    """Open connections to the data sources of dashboards."""

    prometheus: aiohttp.ClientSession
    clickhouse: AsyncClient
    postgres: Connection


@asynccontextmanager
async def open_connections(addresses: Addresses) -> AsyncIterator[Connections]:
    """Yields connections; closes them after the body."""
    async with (
        aiohttp.ClientSession(addresses.prometheus, raise_for_status=True) as prometheus,
        connect(addresses.clickhouse) as clickhouse,
    ):
        postgres = await asyncpg.connect(addresses.postgres, server_settings={"timezone": "UTC"})
        try:
            yield Connections(prometheus, clickhouse, postgres)
        finally:
            await postgres.close()


async def run_query(target: Json, to: Connections, window: Window, choices: Choices) -> QueryResult:
    """Runs one query of a panel. Raises the store's error if it refuses the query."""
    (source,) = (each for each in SOURCES if each.plugin == target["datasource"]["type"])
    if source is PROMETHEUS:
        query = interpolation.promql(target["expr"], window, choices)
        return by_legend(await _promql(to.prometheus, query, window), target["legendFormat"])
    if source is CLICKHOUSE:
        rows = await query_clickhouse(to.clickhouse, interpolation.clickhouse(target["rawSql"], window, choices))
        return series(rows) if target["queryType"] == "timeseries" else rows
    assert source is POSTGRES
    rows = await _query_postgres(to.postgres, interpolation.postgres(target["rawSql"], window, choices))
    return series(rows) if target["format"] == "time_series" else rows


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


async def query_clickhouse(client: AsyncClient, text: str) -> Rows:
    result = await client.query(text)
    return Rows(result.column_names, [[_cell(value) for value in row] for row in result.result_rows])


async def _query_postgres(connection: Connection, text: str) -> Rows:
    prepared = await connection.prepare(text)
    columns = [attribute.name for attribute in prepared.get_attributes()]
    return Rows(columns, [[_cell(value) for value in row] for row in await prepared.fetch()])


def by_legend(matrix: Sequence[Json], legend: str) -> Series:
    """Prometheus's series by their legend, with its {{label}}s filled in. Skips points that are not finite."""
    series_by_name = {}
    for each in matrix:
        name = legend
        for label, value in each["metric"].items():
            name = name.replace(f"{{{{{label}}}}}", value)
        points = ((datetime.fromtimestamp(at, UTC), float(value)) for at, value in each["values"])
        series_by_name[name] = [point for point in points if math.isfinite(point[1])]
    return series_by_name


def _cell(value: Any) -> Any:
    """A value in which naive times are UTC, so that both stores return the same."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def series(table: Rows) -> Series:
    """One series per number column and value of the text columns.

    Grafana needs a column `time` in ascending order, and uses the text columns as labels. Raises ValueError if it would
    refuse the rows.
    """
    if not table.rows:  # without rows, ClickHouse returns no columns
        return {}
    at = table.columns.index(TIME)
    if [row[at] for row in table.rows] != sorted(row[at] for row in table.rows):
        raise ValueError("The rows are not in time order.")
    points: dict[str, list[tuple[datetime, float]]] = {}
    for row in table.rows:
        for name, value in _values(table.columns, row):
            points.setdefault(name, []).append((row[at], value))
    return points


def _values(columns: Sequence[str], row: Sequence[Any]) -> Iterator[tuple[str, float]]:
    labels = " ".join(value for value in row if isinstance(value, str))
    for column, value in zip(columns, row, strict=True):
        if (
            not isinstance(value, str | date | None)
            and isinstance(value, int | float | Decimal)
            and math.isfinite(value)
        ):
            yield labels or column, float(value)
