"""Compares typed queries over HTTP with the same SQL sent directly to ClickHouse: the latency that the API adds."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.load import HttpClient, Load, Send
from bench.processes import api_process
from bench.report import Goal, show
from bench.requests import query, tenant
from bench.stores import Stores, stores
from graph.dsl.compile import compile_query
from graph.dsl.execute import LIMITS
from graph.dsl.parse import parse
from graph.dsl.scope import OneTenant
from infra.clickhouse import connect

START = datetime(2026, 7, 1, tzinfo=UTC)
WINDOW = timedelta(days=30)
TENANTS = 200
QUERIES = 200  # all different
CONCURRENCY = 4
SPARE_MS = 3.0  # the API may add this much, however fast the engine is

FILL = (Path(__file__).parent / "sql" / "fill_reports.sql").read_text()


@dataclass(frozen=True, slots=True)
class Scale:
    """Facts, the days that they span, and how often each variant runs all queries."""

    facts: int
    days: int
    rounds: int


FULL, SMOKE = Scale(20_000_000, 90, 5), Scale(200_000, 35, 1)


async def run(folder: Path, *, smoke: bool) -> None:
    """Prints the latency of both variants, and their ratio."""
    scale = SMOKE if smoke else FULL
    async with stores(folder) as engines:
        await _fill(engines, scale)
        async with api_process(engines) as (url, _), _clients(engines, url, scale) as variants:
            rounds = [
                {name: await each_once(clients) for name, clients in variants.items()} for _ in range(scale.rounds)
            ]
    _show(scale, rounds)


async def each_once(clients: Sequence[Send]) -> Load:
    """Sends every query once; each goes to the next free client."""
    numbers = iter(range(QUERIES))
    started = time.perf_counter()
    latencies = await asyncio.gather(*(_loop(send, numbers) for send in clients))
    return Load(time.perf_counter() - started, sorted(seconds for each in latencies for seconds in each))


async def _loop(send: Send, numbers: Iterator[int]) -> list[float]:
    latencies = []
    for number in numbers:
        began = time.perf_counter()
        await send(number)
        latencies.append(time.perf_counter() - began)
    return latencies


async def _fill(engines: Stores, scale: Scale) -> None:
    async with connect(engines.clickhouse.url, statement_timeout=1800) as client:
        for day in range(scale.days):
            parameters = {"tenants": TENANTS, "day": START + timedelta(days=day), "rows": scale.facts // scale.days}
            await client.command(FILL, parameters=parameters)
    async with engines.connection() as connection:  # every tenant may see names, so that all have the same SQL
        await connection.execute(
            "insert into anlyt.data_share_addenda (tenant_id, valid_from) "
            "select 'tenant-' || n, now() from generate_series(0, $1::int - 1) n",
            TENANTS,
        )


def _tenant(number: int) -> str:
    return f"tenant-{number % TENANTS}"


def _query(number: int, scale: Scale) -> dict[str, Any]:
    """A query for one month by day and MNO. It starts at an odd minute, so that no cube can answer it."""
    start = START + timedelta(minutes=1 + number * 7 % ((scale.days - WINDOW.days) * 1440 - 1))
    window = {"from": start.isoformat(), "to": (start + WINDOW).isoformat()}
    return {
        "dataset": "dlr",
        "measures": ["messages", "deliveryRate", "p95LatencyMs"],
        "dimensions": ["mno"],
        "time": {**window, "granularity": "day", "timezone": "Asia/Kabul"},
    }


@asynccontextmanager
async def _clients(engines: Stores, url: str, scale: Scale) -> AsyncIterator[dict[str, list[Send]]]:
    http = [await HttpClient.open(url) for _ in range(CONCURRENCY)]
    async with connect(engines.clickhouse.url) as client:
        yield {
            "engine": [_direct(client, scale)] * CONCURRENCY,
            "HTTP": [_over_http(each, scale) for each in http],
        }
    for each in http:
        each.close()


def _direct(client: AsyncClient, scale: Scale) -> Send:
    compiled = [
        compile_query(parse(_query(number, scale)), OneTenant(_tenant(number), None), None).rows
        for number in range(QUERIES)
    ]

    async def send(number: int) -> None:
        statement = compiled[number]
        await client.query(statement.sql, parameters=dict(statement.parameters), settings=dict(LIMITS))

    return send


def _over_http(client: HttpClient, scale: Scale) -> Send:
    async def send(number: int) -> None:
        await client.send(query(tenant(_tenant(number)), _query(number, scale)))

    return send


def _show(scale: Scale, rounds: Sequence[dict[str, Load]]) -> None:
    """Prints the medians of the rounds. The goal compares the two variants within each round."""
    table = [
        (
            name,
            round(statistics.median(each[name].rate for each in rounds)),
            statistics.median(each[name].percentile_ms(50) for each in rounds),
            statistics.median(each[name].percentile_ms(95) for each in rounds),
        )
        for name in rounds[0]
    ]
    ratios = [(each["HTTP"].percentile_ms(95) - SPARE_MS) / each["engine"].percentile_ms(95) for each in rounds]
    show(
        f"30 days of one tenant out of {scale.facts:,} facts, {QUERIES} queries, {CONCURRENCY} concurrent",
        ("variant", "queries/s", "P50 ms", "P95 ms"),
        table,
        [
            Goal(
                f"P95 over HTTP, less {SPARE_MS:.0f} ms, relative to the engine's",
                statistics.median(ratios),
                1.5,
                at_most=True,
            )
        ],
    )
