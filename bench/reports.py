"""Compares reports with hand-written SQL, by itself and behind a bare server, over 2.17 million hourly rows.

The tables hold 90 days x 24 hours x (the platform, 6 operators, 1,000 accounts). Windows have 80 to 90 days (an
account's 20 to 30); 14,400 different ones take turns. All days are rolled up. A refused request fails the benchmark.
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

import asyncpg

from bench.load import HttpClient, Load, Send, drive
from bench.processes import api_process, bare_process, cpu_seconds
from bench.report import Goal, show
from bench.requests import get, graphql
from bench.stores import Stores, stores
from infra.postgres import Connection
from ingest.partitions import Partitions

CONNECTIONS: Final = 8
GOALS: Final = {"REST": 0.45, "GraphQL": 0.40}
SHIFTS: Final = 120  # hours
SQL: Final = Path(__file__).parent / "sql"
SUMMARY: Final = (SQL / "six_sums.sql").read_text()
USAGE: Final = (SQL / "four_daily_sums.sql").read_text()
FILL: Final = (SQL / "fill.sql").read_text()
SUMMARY_QUERY: Final = """query($from: DateTime!, $to: DateTime!) { summary(from: $from, to: $to) {
  totalMessages deliveredMessages failedMessages pendingMessages totalCost peakTps } }"""
USAGE_QUERY: Final = """query($id: ID!, $from: DateTime!, $to: DateTime!) { account(id: $id, from: $from, to: $to) {
  dailyBreakdown { date sent delivered failed cost } } }"""


@dataclass(frozen=True, slots=True)
class Scale:
    """Days and accounts of data, rounds, and the seconds of load per round and variant."""

    days: int
    accounts: int
    rounds: int
    seconds: float


FULL: Final = Scale(days=90, accounts=1_000, rounds=3, seconds=6.0)
SMOKE: Final = Scale(days=32, accounts=10, rounds=1, seconds=0.3)


@dataclass(frozen=True, slots=True)
class Workload:
    """The windows and accounts of the requests. Each number has another window and another account."""

    newest: datetime
    scale: Scale

    def window(self, number: int, days: int) -> tuple[datetime, datetime]:
        """Start and end of a window of up to `days` days; each is shifted by up to SHIFTS hours."""
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
    workload = Workload(newest, scale)
    async with stores(folder) as engines:
        rows = await fill(engines, newest, scale)
        await roll_up(engines)
        async with (
            api_process(engines) as api,
            bare_process(engines) as bare,
            _clients(engines, api, bare, workload) as variants,
        ):
            numbers: dict[str, Iterator[int]] = {name: count() for name in variants}
            rounds = [await _round(variants, numbers, scale.seconds) for _ in range(scale.rounds)]
    _show(rows, rounds)


Server = tuple[str, int]  # its URL and pid
Variants = dict[str, tuple[list[Send], list[int]]]  # clients, and the pids of what serves them beside PostgreSQL
Round = dict[str, tuple[Load, float]]  # with the server's CPU milliseconds per request


async def _round(variants: Variants, numbers: dict[str, Iterator[int]], seconds: float) -> Round:
    measured: Round = {}
    for name, (clients, pids) in variants.items():
        await drive(clients, numbers[name], seconds / 6)  # warms plans, caches and code paths
        before = cpu_seconds(pids)
        load = await drive(clients, numbers[name], seconds)
        measured[name] = load, (cpu_seconds(pids) - before) / len(load.latencies) * 1000
    return measured


async def fill(engines: Stores, newest: datetime, scale: Scale) -> int:
    """Fills every hour of `scale.days` days up to `newest`; returns the number of rows."""
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
async def _clients(engines: Stores, api: Server, bare: Server, workload: Workload) -> AsyncIterator[Variants]:
    http = {server: [await HttpClient.open(server[0]) for _ in range(CONNECTIONS)] for server in (api, bare)}
    sql = [await asyncpg.connect(engines.postgres.url) for _ in range(CONNECTIONS)]

    def over_http(server: Server, request: Callable[[int], bytes]) -> tuple[list[Send], list[int]]:
        return _over_http(http[server], request), [server[1]]

    over_sql = partial(_over_sql, sql)
    yield {
        "summary: SQL": over_sql(SUMMARY, lambda n: workload.window(n, workload.summary_days)),
        "summary: bare Starlette": over_http(bare, lambda n: _summary_request(workload, n)),
        "summary: REST": over_http(api, lambda n: _summary_request(workload, n)),
        "summary: bare Strawberry": over_http(bare, lambda n: _summary_query(workload, n)),
        "summary: GraphQL": over_http(api, lambda n: _summary_query(workload, n)),
        "usage: SQL": over_sql(USAGE, lambda n: (workload.account(n), *workload.window(n, workload.usage_days))),
        "usage: bare Starlette": over_http(bare, lambda n: _usage_request(workload, n)),
        "usage: REST": over_http(api, lambda n: _usage_request(workload, n)),
        "usage: bare Strawberry": over_http(bare, lambda n: _usage_query(workload, n)),
        "usage: GraphQL": over_http(api, lambda n: _usage_query(workload, n)),
    }
    for one in [*http[api], *http[bare]]:
        one.close()
    for connection in sql:
        await connection.close()


async def roll_up(engines: Stores) -> None:
    """Rolls up all days, as the scheduled pipeline does."""
    await engines.run_pipelines("rollup")


def _over_sql(
    connections: Sequence[Connection], statement: str, arguments: Callable[[int], tuple[object, ...]]
) -> tuple[list[Send], list[int]]:
    def client(connection: Connection) -> Send:
        async def send(number: int) -> None:
            await connection.fetch(statement, *arguments(number))

        return send

    return [client(connection) for connection in connections], []


def _over_http(clients: Sequence[HttpClient], request: Callable[[int], bytes]) -> list[Send]:
    def client(one: HttpClient) -> Send:
        async def send(number: int) -> None:
            await one.send(request(number))

        return send

    return [client(one) for one in clients]


def _window(workload: Workload, number: int, days: int) -> dict[str, str]:
    start, end = workload.window(number, days)
    return {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def _summary_request(workload: Workload, number: int) -> bytes:
    window = _window(workload, number, workload.summary_days)
    return get("/v1/internal/analytics/summary", granularity="daily", **window)


def _usage_request(workload: Workload, number: int) -> bytes:
    window = _window(workload, number, workload.usage_days)
    return get(f"/v1/internal/analytics/accounts/{workload.account(number)}/usage", **window)


def _summary_query(workload: Workload, number: int) -> bytes:
    return graphql(SUMMARY_QUERY, **_window(workload, number, workload.summary_days))


def _usage_query(workload: Workload, number: int) -> bytes:
    return graphql(USAGE_QUERY, id=workload.account(number), **_window(workload, number, workload.usage_days))


def _show(rows: int, rounds: list[Round]) -> None:
    """Prints the medians of the rounds. Each ratio compares two variants within one round."""
    table, goals = [], []
    for name in rounds[0]:
        report, _, variant = name.partition(": ")
        ratio = statistics.median(r[name][0].rate / r[f"{report}: SQL"][0].rate for r in rounds)
        rate = statistics.median(r[name][0].rate for r in rounds)
        p95 = statistics.median(r[name][0].percentile_ms(95) for r in rounds)
        cpu = statistics.median(r[name][1] for r in rounds)
        table.append((report, variant, round(rate), ratio, p95, cpu if variant != "SQL" else ""))
        if variant in GOALS:
            goals.append(Goal(f"{name}, relative to raw SQL", ratio, GOALS[variant]))
    show(
        f"Reports over {rows:,} hourly rows, {CONNECTIONS} connections, one process per server",
        ("report", "variant", "requests/s", "relative to raw SQL", "P95 ms", "server CPU ms/request"),
        table,
        goals,
    )
