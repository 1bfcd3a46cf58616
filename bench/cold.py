"""Measures the first and the following answers of fresh API processes, with and without daily rows.

The data are those of the benchmark `reports`: 2.17 million hourly rows. 1 and 8 concurrent clients request each report
from a new process, for windows that differ by hours. A refused request fails the benchmark. At the end, one process
answers 10,000 different windows; its memory is compared before and after.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

import psutil

from bench.load import HttpClient
from bench.processes import api_process
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, SUMMARY, Scale, fill, roll_up
from bench.requests import get, graphql
from bench.stores import Stores, stores

CLIENTS: Final = (1, 8)
FOLLOWING: Final = 10  # answers of each client after its first
PATH: Final = "/v1/internal/analytics"
OPERATORS: Final = """query($window: Interval) { operators(first: 100) { edges { node { operatorId
  performance(window: $window) { totalMessages deliveryRate p95LatencyMs totalCost } } } } }"""
ACCOUNTS: Final = """query($window: Interval) { accounts(first: 100) { edges { node { accountId
  usage(window: $window) { messagesSent messagesDelivered totalCost } } } } }"""
MANY: Final = 10_000
MakeRequest = Callable[[str, str, int], bytes]
"""Makes a request from the window's start, its end and an account number."""


def _report(path: str, **parameters: str) -> MakeRequest:
    return lambda start, end, number: get(
        f"{PATH}/{path.format(number=number)}", **{"from": start, "to": end}, **parameters
    )


def _page(query: str) -> MakeRequest:
    return lambda start, end, _: graphql(query, window=f"{start}/{end}")


REQUESTS: Final[Mapping[str, MakeRequest]] = {
    "summary": _report("summary", granularity="daily"),
    "operator": _report("operators/op-1/performance", granularity="daily"),
    "top operators": _report("top-operators", granularity="daily"),
    "breakdown": _report("delivery-breakdown"),
    "throughput": _report("throughput", resolution="1h"),
    "usage": _report("accounts/acc-{number}/usage"),
    "operators, 100": _page(OPERATORS),
    "accounts, 100": _page(ACCOUNTS),
}


class Latencies(NamedTuple):
    """P95 in milliseconds: of each client's first answer, and of the following answers."""

    first: float
    following: float


async def run(folder: Path, *, smoke: bool) -> None:
    scale = SMOKE if smoke else FULL
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with stores(folder) as engines:
        await fill(engines, newest, scale)
        hours = await _latencies(engines, newest, scale)
        began = time.perf_counter()
        await roll_up(engines)
        seconds = time.perf_counter() - began
        bare = await _bare(engines, newest, scale)
        days = await _latencies(engines, newest, scale)
        memory = await _memory(engines, newest, scale, MANY // 100 if smoke else MANY)
    _show(bare, seconds, hours, days, memory)


async def _bare(engines: Stores, newest: datetime, scale: Scale) -> float:
    """Median milliseconds of the six sums, in SQL written by hand."""
    milliseconds = []
    async with engines.connection() as connection:
        for _ in range(30):
            began = time.perf_counter()
            await connection.fetch(SUMMARY, newest - timedelta(days=scale.days), newest)
            milliseconds.append(1000 * (time.perf_counter() - began))
    return statistics.median(milliseconds)


async def _latencies(engines: Stores, newest: datetime, scale: Scale) -> Mapping[tuple[str, int], Latencies]:
    """The latencies of each report, by its name and the number of clients."""
    return {
        (name, clients): await _report_latencies(engines, newest, scale, request, clients)
        for name, request in REQUESTS.items()
        for clients in CLIENTS
    }


async def _report_latencies(
    engines: Stores, newest: datetime, scale: Scale, request: MakeRequest, clients: int
) -> Latencies:
    async with api_process(engines) as (url, _):
        http = [await HttpClient.open(url) for _ in range(clients)]

        async def client(number: int) -> list[float]:
            return [
                await _timed(http[number], _numbered(request, newest, scale, number + clients * turn))
                for turn in range(1 + FOLLOWING)
            ]

        latencies = await asyncio.gather(*map(client, range(clients)))
        for one in http:
            one.close()
    return Latencies(_p95([each[0] for each in latencies]), _p95([late for each in latencies for late in each[1:]]))


async def _memory(engines: Stores, newest: datetime, scale: Scale, windows: int) -> tuple[float, float]:
    """Resident megabytes of one process after a tenth of `windows` different windows, and after all of them."""
    async with api_process(engines) as (url, pid):
        http, megabytes = await HttpClient.open(url), []
        for number in range(windows):
            if number in {windows // 10, windows - 1}:
                megabytes.append(psutil.Process(pid).memory_info().rss / 1e6)
            request = REQUESTS["usage" if number % 4 else "summary"]
            await http.send(_numbered(request, newest, scale, number))
        http.close()
    return megabytes[0], megabytes[-1]


def _numbered(request: MakeRequest, newest: datetime, scale: Scale, number: int) -> bytes:
    """The request for the window and the account of this number."""
    start = newest - timedelta(days=scale.days, hours=-(number // 24 % 240) - 1)
    end = newest - timedelta(hours=number % 24)
    return request(f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}", number % scale.accounts)


async def _timed(http: HttpClient, request: bytes) -> float:
    began = time.perf_counter()
    await http.send(request)
    return 1000 * (time.perf_counter() - began)


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 95 // 100)]


def _show(
    bare: float,
    seconds: float,
    hours: Mapping[tuple[str, int], Latencies],
    days: Mapping[tuple[str, int], Latencies],
    memory: tuple[float, float],
) -> None:
    show(
        f"First answers of a fresh process, P95 in ms; six sums by hand take {bare:.2f} ms, the rollup {seconds:.0f} s",
        ("report", "clients", "first", "following", "first, not rolled up", "following, not rolled up"),
        [(name, clients, *latencies, *hours[name, clients]) for (name, clients), latencies in days.items()],
        [
            Goal("slowest first answer, ms", max(each.first for each in days.values()), 500, at_most=True),
            Goal("slowest without a rollup, ms", max(each.first for each in hours.values()), 3000, at_most=True),
            Goal("memory after all windows, relative to that after a tenth", memory[1] / memory[0], 1.1, at_most=True),
        ],
    )
