"""Reports over 2.17 million hourly rows: REST and GraphQL against hand-written SQL through asyncpg.

The tables are 90 days x 24 hours x (the platform, 6 operators, 1,000 accounts). Windows are 80 to 90 days (an account's
20 to 30), 14,400 different ones in turn. All days are rolled up. A request that is refused fails the benchmark.
"""

import statistics
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import asyncpg
import msgspec

from bench.load import Ask, HttpClient, Load, drive
from bench.processes import api_process, cpu_seconds
from bench.report import Goal, show
from bench.stores import Stores, stores
from infra.endpoints import Engines
from infra.postgres import Connection
from infra.telemetry import configure_logs
from ingest.partitions import Partitions
from pipelines import runs
from pipelines.stores import open_stores

CONNECTIONS: Final = 8
SHIFTS: Final = 120  # hours
SQL: Final = Path(__file__).parent / "sql"
SUMMARY: Final = (SQL / "six_sums.sql").read_text()
USAGE: Final = (SQL / "four_sums_a_day.sql").read_text()
FILL: Final = (SQL / "fill.sql").read_text()
SUMMARY_QUERY: Final = """query($from: DateTime, $to: DateTime) { summary(from: $from, to: $to) {
  totalMessages deliveredMessages failedMessages pendingMessages totalCost peakTps } }"""
USAGE_QUERY: Final = """query($id: ID!, $from: DateTime, $to: DateTime) { account(id: $id, from: $from, to: $to) {
  dailyBreakdown { date sent delivered failed cost } } }"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of everything."""

    days: int
    accounts: int
    rounds: int
    seconds: float


FULL: Final = Scale(days=90, accounts=1_000, rounds=3, seconds=6.0)
SMOKE: Final = Scale(days=32, accounts=10, rounds=1, seconds=0.3)


@dataclass(frozen=True, slots=True)
class Question:
    """The windows that are asked about: each number means another window, and another account."""

    newest: datetime
    scale: Scale

    def window(self, number: int, days: int) -> tuple[datetime, datetime]:
        """Up to `days`: each end is moved by up to SHIFTS hours."""
        end = self.newest - timedelta(hours=number % SHIFTS)
        return self.newest - timedelta(days=days, hours=-(number // SHIFTS % SHIFTS)), end

    def account(self, number: int) -> str:
        return f"acc-{number % self.scale.accounts}"

    @property
    def summary_days(self) -> int:
        return self.scale.days

    @property
    def usage_days(self) -> int:
        return 30


async def run(folder: Path, *, smoke: bool) -> None:
    scale = SMOKE if smoke else FULL
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    question = Question(newest, scale)
    async with stores(folder) as engines:
        rows = await fill(engines, newest, scale)
        await roll_up(engines)
        async with api_process(engines) as (url, pid), _clients(engines, url, question) as ways:
            numbers: dict[str, Iterator[int]] = {name: count() for name in ways}
            rounds = [await _round(ways, numbers, scale.seconds, pid) for _ in range(scale.rounds)]
    _show(rows, rounds)


Ways = dict[str, list[Ask]]
Round = dict[str, tuple[Load, float]]  # and the API's CPU milliseconds a request


async def _round(ways: Ways, numbers: dict[str, Iterator[int]], seconds: float, pid: int) -> Round:
    found: Round = {}
    for name, clients in ways.items():
        await drive(clients, numbers[name], seconds / 6)  # warm: plans, caches, code paths
        before = cpu_seconds([pid])
        load = await drive(clients, numbers[name], seconds)
        found[name] = load, (cpu_seconds([pid]) - before) / len(load.latencies) * 1000
    return found


async def fill(engines: Stores, newest: datetime, scale: Scale) -> int:
    """Every hour of `scale.days` days up to `newest`; how many rows these are."""
    days = [(newest - timedelta(days=back)).date() for back in range(scale.days + 1)]
    async with asyncpg.create_pool(engines.postgres.url, min_size=1, max_size=1, command_timeout=1800) as pool:
        await Partitions(pool).ensure(days)
        async with pool.acquire() as connection:
            await connection.execute("select setseed(0.5)")
            await connection.execute(FILL, newest - timedelta(days=scale.days), newest, scale.accounts)
            await connection.execute(
                "insert into anlyt.accounts select 'acc-' || n from generate_series(0, $1 - 1) n "
                "on conflict do nothing",
                scale.accounts,
            )
            await connection.execute(
                "insert into anlyt.data_as_of values ('delivery_metrics', $1) on conflict do nothing", newest
            )
            await connection.execute("vacuum analyze anlyt.metrics_hourly")
            return int(await connection.fetchval("select count(*) from anlyt.metrics_hourly"))


@asynccontextmanager
async def _clients(engines: Stores, url: str, question: Question) -> AsyncIterator[Ways]:
    host, port = urlsplit(url).hostname or "", urlsplit(url).port or 0
    http = [await HttpClient.open(host, port) for _ in range(CONNECTIONS)]
    sql = [await asyncpg.connect(engines.postgres.url) for _ in range(CONNECTIONS)]

    over_sql, over_http = partial(_over_sql, sql), partial(_over_http, http)
    yield {
        "summary: SQL": over_sql(SUMMARY, lambda n: question.window(n, question.summary_days)),
        "summary: REST": over_http(lambda n: _summary_request(question, n)),
        "summary: GraphQL": over_http(lambda n: _summary_query(question, n)),
        "usage: SQL": over_sql(USAGE, lambda n: (question.account(n), *question.window(n, question.usage_days))),
        "usage: REST": over_http(lambda n: _usage_request(question, n)),
        "usage: GraphQL": over_http(lambda n: _usage_query(question, n)),
    }
    for one in http:
        one.close()
    for connection in sql:
        await connection.close()


async def roll_up(engines: Stores) -> None:
    """As the pipeline does at its times."""
    configure_logs("text")
    async with open_stores(Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)) as opened:
        await runs.run(opened, "rollup")


def _over_sql(
    connections: Sequence[Connection], statement: str, arguments: Callable[[int], tuple[object, ...]]
) -> list[Ask]:
    def client(connection: Connection) -> Ask:
        async def ask(number: int) -> None:
            await connection.fetch(statement, *arguments(number))

        return ask

    return [client(connection) for connection in connections]


def _over_http(clients: Sequence[HttpClient], request: Callable[[int], bytes]) -> list[Ask]:
    def client(one: HttpClient) -> Ask:
        async def ask(number: int) -> None:
            await one.ask(request(number))

        return ask

    return [client(one) for one in clients]


def get(path: str, **parameters: object) -> bytes:
    return f"GET {path}?{urlencode(parameters)} HTTP/1.1\r\nHost: bench\r\nX-Caller: admin-dashboard\r\n\r\n".encode()


def post(query: str, **variables: object) -> bytes:
    body = msgspec.json.encode({"query": query, "variables": variables})
    head = (
        "POST /graphql HTTP/1.1\r\nHost: bench\r\nX-Caller: admin-dashboard\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _window(question: Question, number: int, days: int) -> dict[str, str]:
    start, end = question.window(number, days)
    return {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def _summary_request(question: Question, number: int) -> bytes:
    window = _window(question, number, question.summary_days)
    return get("/v1/internal/analytics/summary", granularity="daily", **window)


def _usage_request(question: Question, number: int) -> bytes:
    window = _window(question, number, question.usage_days)
    return get(f"/v1/internal/analytics/accounts/{question.account(number)}/usage", **window)


def _summary_query(question: Question, number: int) -> bytes:
    return post(SUMMARY_QUERY, **_window(question, number, question.summary_days))


def _usage_query(question: Question, number: int) -> bytes:
    return post(USAGE_QUERY, id=question.account(number), **_window(question, number, question.usage_days))


def _show(rows: int, rounds: list[Round]) -> None:
    """Medians of the rounds; each ratio is taken within a round."""
    table, goals = [], []
    for name in rounds[0]:
        report, _, way = name.partition(": ")
        ratio = statistics.median(r[name][0].rate / r[f"{report}: SQL"][0].rate for r in rounds)
        rate = statistics.median(r[name][0].rate for r in rounds)
        p95 = statistics.median(r[name][0].percentile_ms(95) for r in rounds)
        cpu = statistics.median(r[name][1] for r in rounds)
        table.append((report, way, round(rate), ratio, p95, cpu if way != "SQL" else ""))
        if way != "SQL":
            goals.append(Goal(f"{name} of raw SQL", ratio, 0.45 if way == "REST" else 0.40))
    show(
        f"Reports over {rows:,} hourly rows, {CONNECTIONS} connections, one API process",
        ("report", "way", "requests/s", "of raw SQL", "P95 ms", "API CPU ms/request"),
        table,
        goals,
    )
