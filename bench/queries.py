"""Typed queries through HTTP, against the same SQL sent straight to the engine: what the API adds."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.load import Ask, HttpClient, Load
from bench.processes import api_process
from bench.report import Goal, show
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
AT_ONCE = 4
SPARE_MS = 3.0  # that the API may add whatever the engine takes

FILL = (Path(__file__).parent / "sql" / "fill_reports.sql").read_text()


@dataclass(frozen=True, slots=True)
class Scale:
    """How many facts, over how many days, and how often all queries are asked each way."""

    facts: int
    days: int
    rounds: int


FULL, SMOKE = Scale(20_000_000, 90, 5), Scale(200_000, 35, 1)


async def run(folder: Path, *, smoke: bool) -> None:
    """Prints what both ways take, and what the API adds."""
    scale = SMOKE if smoke else FULL
    async with stores(folder) as engines:
        await _fill(engines, scale)
        async with api_process(engines) as (url, _), _clients(engines, url, scale) as ways:
            rounds = [{name: await each_once(clients) for name, clients in ways.items()} for _ in range(scale.rounds)]
    _show(scale, rounds)


async def each_once(clients: Sequence[Ask]) -> Load:
    """Every query once, whichever client is free."""
    numbers = iter(range(QUERIES))
    started = time.perf_counter()
    took = await asyncio.gather(*(_loop(ask, numbers) for ask in clients))
    return Load(time.perf_counter() - started, sorted(seconds for each in took for seconds in each))


async def _loop(ask: Ask, numbers: Iterator[int]) -> list[float]:
    took = []
    for number in numbers:
        begun = time.perf_counter()
        await ask(number)
        took.append(time.perf_counter() - begun)
    return took


async def _fill(engines: Stores, scale: Scale) -> None:
    async with connect(engines.clickhouse.url, statement_timeout=1800) as client:
        for day in range(scale.days):
            parameters = {"tenants": TENANTS, "day": START + timedelta(days=day), "rows": scale.facts // scale.days}
            await client.command(FILL, parameters=parameters)
    async with engines.connection() as connection:  # all may read names, so that the SQL is the same for all
        await connection.execute(
            "insert into anlyt.data_share_addenda (tenant_id, valid_from) "
            "select 'tenant-' || n, now() from generate_series(0, $1::int - 1) n",
            TENANTS,
        )


def _tenant(number: int) -> str:
    return f"tenant-{number % TENANTS}"


def _query(number: int, scale: Scale) -> bytes:
    """A month by day and MNO; each begins at another minute, so that no cube can answer."""
    start = START + timedelta(minutes=1 + number * 7 % ((scale.days - WINDOW.days) * 1440 - 1))
    return msgspec.json.encode(
        {
            "dataset": "dlr",
            "measures": ["messages", "deliveryRate", "p95LatencyMs"],
            "dimensions": ["mno"],
            "time": {"from": start, "to": start + WINDOW, "granularity": "day", "timezone": "Asia/Kabul"},
        }
    )


@asynccontextmanager
async def _clients(engines: Stores, url: str, scale: Scale) -> AsyncIterator[dict[str, list[Ask]]]:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    http = [await HttpClient.open(host, port) for _ in range(AT_ONCE)]
    async with connect(engines.clickhouse.url) as client:
        yield {
            "engine": [_straight(client, scale)] * AT_ONCE,
            "HTTP": [_over_http(each, scale) for each in http],
        }
    for each in http:
        each.close()


def _straight(client: AsyncClient, scale: Scale) -> Ask:
    compiled = [
        compile_query(parse(_query(number, scale)), OneTenant(_tenant(number), None), None).rows
        for number in range(QUERIES)
    ]

    async def ask(number: int) -> None:
        statement = compiled[number]
        await client.query(statement.sql, parameters=dict(statement.parameters), settings=dict(LIMITS))

    return ask


def _over_http(client: HttpClient, scale: Scale) -> Ask:
    async def ask(number: int) -> None:
        body = _query(number, scale)
        head = (
            "POST /v1/anlyt/query HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"X-Caller: customer-portal\r\nX-Tenant-Id: {_tenant(number)}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        await client.ask(head.encode() + body)

    return ask


def _show(scale: Scale, rounds: Sequence[dict[str, Load]]) -> None:
    """Medians of the rounds; the ratio is taken within each."""
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
        f"30 days of a tenant out of {scale.facts:,} facts, {QUERIES} queries, {AT_ONCE} at once",
        ("way", "queries/s", "P50 ms", "P95 ms"),
        table,
        [Goal(f"P95 over HTTP, less {SPARE_MS:.0f} ms, of the engine's", statistics.median(ratios), 1.5, at_most=True)],
    )
