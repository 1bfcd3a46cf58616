"""Measures an API process during a one-minute burst of ten times its capacity, and after it.

First it measures the capacity with 8 closed-loop clients. Then 1,000 connections send ten times that rate together;
a connection whose answer comes late sends its next request immediately. Each request should get 200, or 503 with
Retry-After. Ten seconds after the burst, every request has to get 200. The data are those of the benchmark `reports`.
The requests read the usage report, which always queries the database.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Final, NamedTuple

from bench.load import HttpClient, RefusedError, Send, drive
from bench.processes import api_process
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, Scale, fill, roll_up
from bench.requests import get
from bench.stores import stores

CLIENTS: Final = 8
CONNECTIONS: Final = 1000
TIMES: Final = 10  # the burst's rate, as a multiple of the capacity
AFTER: Final = 10  # seconds after the burst; from then on every request has to get 200
SLOWEST_MS: Final = 3000


class Result(NamedTuple):
    """One request: its latency in seconds, and its outcome: `answered`, `refused` (503), or `lost`."""

    seconds: float
    outcome: str


async def run(folder: Path, *, smoke: bool) -> None:
    scale = SMOKE if smoke else FULL
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with stores(folder) as engines:
        await fill(engines, newest, scale)
        await roll_up(engines)
        async with api_process(engines) as (url, _):
            await measure(url, newest, scale, seconds=2 if smoke else 60)


async def measure(url: str, newest: datetime, scale: Scale, seconds: float) -> None:
    """Sends a burst of `seconds` seconds to the API at `url`; prints the outcomes."""
    numbers = count()
    clients = [await HttpClient.open(url) for _ in range(CLIENTS)]
    capacity = (await drive([_sender(client, newest, scale) for client in clients], numbers, max(seconds / 10, 1))).rate
    crowd = [await HttpClient.open(url) for _ in range(CONNECTIONS)]
    until, interval = time.perf_counter() + seconds, CONNECTIONS / (capacity * TIMES)
    results = await asyncio.gather(
        *(_keep_sending(_sender(client, newest, scale), numbers, interval, until) for client in crowd)
    )
    await asyncio.sleep(AFTER)
    after = [await _result(_sender(clients[0], newest, scale), number) for number in range(100)]
    for client in (*clients, *crowd):
        client.close()
    _show(capacity, seconds, list(chain.from_iterable(results)), after)


async def _keep_sending(send: Send, numbers: Iterator[int], interval: float, until: float) -> Sequence[Result]:
    results = []
    while (began := time.perf_counter()) < until:
        results.append(await _result(send, next(numbers)))
        await asyncio.sleep(max(began + interval - time.perf_counter(), 0))
    return results


async def _result(send: Send, number: int) -> Result:
    began, outcome = time.perf_counter(), "answered"
    try:
        await send(number)
    except RefusedError as error:
        outcome = "refused" if "retry-after" in str(error) and " 503 " in str(error) else "lost"
    except (OSError, asyncio.IncompleteReadError):
        outcome = "lost"
    return Result(time.perf_counter() - began, outcome)


def _sender(client: HttpClient, newest: datetime, scale: Scale) -> Send:
    async def send(number: int) -> None:
        await client.send(_request(newest, scale, number))

    return send


def _request(newest: datetime, scale: Scale, number: int) -> bytes:
    start, end = newest - timedelta(days=30, hours=number % 120), newest - timedelta(hours=number // 120 % 24)
    window = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    return get(f"/v1/internal/analytics/accounts/acc-{number % scale.accounts}/usage", **window)


def _answered(results: Sequence[Result]) -> int:
    return sum(each.outcome == "answered" for each in results)


def _p95_ms(results: Sequence[Result], outcome: str) -> float:
    latencies = sorted(each.seconds for each in results if each.outcome == outcome)
    return 1000 * latencies[len(latencies) * 95 // 100] if latencies else 0.0


def _show(capacity: float, seconds: float, burst: Sequence[Result], after: Sequence[Result]) -> None:
    rows = []
    for name, results in (("burst", burst), (f"{AFTER} s after it", after)):
        outcomes = Counter(each.outcome for each in results)
        p95 = [_p95_ms(results, outcome) for outcome in ("answered", "refused")]
        rows.append((name, len(results), *(outcomes[each] for each in ("answered", "refused", "lost")), *p95))
    show(
        f"A burst of {seconds:.0f} s: {TIMES} times the capacity of {capacity:.0f} requests/s",
        ("when", "requests", "answered", "503", "lost", "P95 of answers, ms", "P95 of 503, ms"),
        rows,
        [
            Goal(
                "answers per second of the burst, relative to the capacity", _answered(burst) / seconds / capacity, 0.5
            ),
            Goal("P95 of the answers during the burst, ms", _p95_ms(burst, "answered"), SLOWEST_MS, at_most=True),
            Goal("lost requests", sum(each.outcome == "lost" for each in burst), 0, at_most=True),
            Goal("answers after the burst", _answered(after), len(after)),
        ],
    )
