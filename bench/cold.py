"""First answers of fresh API processes over 2.17 million hourly rows, rolled up and not, and those that follow.

The data are those of the benchmark `reports`. Each report is asked for by 1 and by 8 clients at once, of windows that
differ by hours; the process is a new one each time. A request that is refused fails the benchmark. At the end, one
process answers 10,000 different windows, and its memory is read before and after.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import psutil

from bench.load import HttpClient
from bench.processes import api_process
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, SUMMARY, Scale, fill, get, post, roll_up
from bench.stores import Stores, stores

CLIENTS: Final = (1, 8)
FOLLOWING: Final = 10  # answers of each client after its first
PATH: Final = "/v1/internal/analytics"
OPERATORS: Final = """query($window: Interval) { operators(first: 100) { edges { node { operatorId
  performance(window: $window) { totalMessages deliveryRate p95LatencyMs totalCost } } } } }"""
ACCOUNTS: Final = """query($window: Interval) { accounts(first: 100) { edges { node { accountId
  usage(window: $window) { messagesSent messagesDelivered totalCost } } } } }"""
MANY: Final = 10_000
Request = Callable[[str, str, int], bytes]
"""Of a window's two ends and a number."""


def _report(path: str, **parameters: str) -> Request:
    return lambda start, end, number: get(
        f"{PATH}/{path.format(number=number)}", **{"from": start, "to": end}, **parameters
    )


def _page(query: str) -> Request:
    return lambda start, end, _: post(query, window=f"{start}/{end}")


REQUESTS: Final[Mapping[str, Request]] = {
    "summary": _report("summary", granularity="daily"),
    "operator": _report("operators/op-1/performance", granularity="daily"),
    "top operators": _report("top-operators", granularity="daily"),
    "breakdown": _report("delivery-breakdown"),
    "throughput": _report("throughput", resolution="1h"),
    "usage": _report("accounts/acc-{number}/usage"),
    "operators, 100": _page(OPERATORS),
    "accounts, 100": _page(ACCOUNTS),
}


class Took(NamedTuple):
    """Milliseconds: P95 of the first answers, and of those that follow."""

    first: float
    following: float


async def run(folder: Path, *, smoke: bool) -> None:
    scale = SMOKE if smoke else FULL
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with stores(folder) as engines:
        await fill(engines, newest, scale)
        hours = await _measured(engines, newest, scale)
        began = time.perf_counter()
        await roll_up(engines)
        seconds = time.perf_counter() - began
        bare = await _bare(engines, newest, scale)
        days = await _measured(engines, newest, scale)
        memory = await _memory(engines, newest, scale, MANY // 100 if smoke else MANY)
    _show(bare, seconds, hours, days, memory)


async def _bare(engines: Stores, newest: datetime, scale: Scale) -> float:
    """Milliseconds of six sums over the window, by hand."""
    took = []
    async with engines.connection() as connection:
        for _ in range(30):
            began = time.perf_counter()
            await connection.fetch(SUMMARY, newest - timedelta(days=scale.days), newest)
            took.append(1000 * (time.perf_counter() - began))
    return statistics.median(took)


async def _measured(engines: Stores, newest: datetime, scale: Scale) -> Mapping[tuple[str, int], Took]:
    return {
        (name, clients): await _one(engines, newest, scale, request, clients)
        for name, request in REQUESTS.items()
        for clients in CLIENTS
    }


async def _one(engines: Stores, newest: datetime, scale: Scale, request: Request, clients: int) -> Took:
    async with api_process(engines) as (url, _):
        http = [await _open(url) for _ in range(clients)]

        async def client(number: int) -> list[float]:
            return [
                await _timed(http[number], _asked(request, newest, scale, number + clients * turn))
                for turn in range(1 + FOLLOWING)
            ]

        took = await asyncio.gather(*map(client, range(clients)))
        for one in http:
            one.close()
    return Took(_p95([each[0] for each in took]), _p95([after for each in took for after in each[1:]]))


async def _memory(engines: Stores, newest: datetime, scale: Scale, windows: int) -> tuple[float, float]:
    """Megabytes of a process after a tenth of many different windows of all accounts, and after all of them."""
    async with api_process(engines) as (url, pid):
        http, found = await _open(url), []
        for number in range(windows):
            if number in {windows // 10, windows - 1}:
                found.append(psutil.Process(pid).memory_info().rss / 1e6)
            request = REQUESTS["usage" if number % 4 else "summary"]
            await http.ask(_asked(request, newest, scale, number))
        http.close()
    return found[0], found[-1]


def _asked(request: Request, newest: datetime, scale: Scale, number: int) -> bytes:
    """Another window, and another account, for each number."""
    start = newest - timedelta(days=scale.days, hours=-(number // 24 % 240) - 1)
    end = newest - timedelta(hours=number % 24)
    return request(f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}", number % scale.accounts)


async def _open(url: str) -> HttpClient:
    address = urlsplit(url)
    return await HttpClient.open(address.hostname or "", address.port or 0)


async def _timed(http: HttpClient, request: bytes) -> float:
    began = time.perf_counter()
    await http.ask(request)
    return 1000 * (time.perf_counter() - began)


def _p95(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * 95 // 100)]


def _show(
    bare: float,
    seconds: float,
    hours: Mapping[tuple[str, int], Took],
    days: Mapping[tuple[str, int], Took],
    memory: tuple[float, float],
) -> None:
    show(
        f"First answers of a fresh process, P95 in ms; six sums by hand take {bare:.2f} ms, the rollup {seconds:.0f} s",
        ("report", "clients", "first", "following", "first, not rolled up", "following, not rolled up"),
        [(name, clients, *took, *hours[name, clients]) for (name, clients), took in days.items()],
        [
            Goal("slowest first answer, ms", max(took.first for took in days.values()), 500, at_most=True),
            Goal("slowest without a rollup, ms", max(took.first for took in hours.values()), 3000, at_most=True),
            Goal("memory after all windows, of that after a tenth", memory[1] / memory[0], 1.1, at_most=True),
        ],
    )
