"""A burst of ten times what an API process can answer, for a minute, and what comes after it.

Capacity is measured first: 8 clients that ask again as soon as they are answered. Then 1,000 connections ask at ten
times that rate together; one whose answer takes longer asks again at once. A request is answered with 200, or told 503
with Retry-After. Ten seconds after the burst, every request has to be answered. The data are those of the benchmark
`reports`, the question is a usage: it always reads.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bench.load import Ask, HttpClient, RefusedError, drive
from bench.processes import api_process
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, Scale, fill, get, roll_up
from bench.stores import stores

CLIENTS: Final = 8
CONNECTIONS: Final = 1000
TIMES: Final = 10  # the capacity
AFTER: Final = 10  # seconds after the burst, from which on everything is answered
IN_TIME: Final = 3000  # ms


class Seen(NamedTuple):
    """One request: seconds that it took, and whether it was `answered`, `told` 503, or `lost`."""

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
    """Shows what a burst of so many seconds does to the API at `url`."""
    numbers = count()
    clients = [await _open(url) for _ in range(CLIENTS)]
    capacity = (await drive([_ask(each, newest, scale) for each in clients], numbers, max(seconds / 10, 1))).rate
    crowd = [await _open(url) for _ in range(CONNECTIONS)]
    until, interval = time.perf_counter() + seconds, CONNECTIONS / (capacity * TIMES)
    seen = await asyncio.gather(*(_keep_asking(_ask(each, newest, scale), numbers, interval, until) for each in crowd))
    await asyncio.sleep(AFTER)
    after = [await _seen(_ask(clients[0], newest, scale), number) for number in range(100)]
    for client in (*clients, *crowd):
        client.close()
    _show(capacity, seconds, list(chain.from_iterable(seen)), after)


async def _keep_asking(ask: Ask, numbers: Iterator[int], interval: float, until: float) -> Sequence[Seen]:
    found = []
    while (began := time.perf_counter()) < until:
        found.append(await _seen(ask, next(numbers)))
        await asyncio.sleep(max(began + interval - time.perf_counter(), 0))
    return found


async def _seen(ask: Ask, number: int) -> Seen:
    began, outcome = time.perf_counter(), "answered"
    try:
        await ask(number)
    except RefusedError as error:
        outcome = "told" if "retry-after" in str(error) and " 503 " in str(error) else "lost"
    except (OSError, asyncio.IncompleteReadError):
        outcome = "lost"
    return Seen(time.perf_counter() - began, outcome)


def _ask(client: HttpClient, newest: datetime, scale: Scale) -> Ask:
    async def ask(number: int) -> None:
        await client.ask(_request(newest, scale, number))

    return ask


async def _open(url: str) -> HttpClient:
    address = urlsplit(url)
    return await HttpClient.open(address.hostname or "", address.port or 0)


def _request(newest: datetime, scale: Scale, number: int) -> bytes:
    start, end = newest - timedelta(days=30, hours=number % 120), newest - timedelta(hours=number // 120 % 24)
    window = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}
    return get(f"/v1/internal/analytics/accounts/acc-{number % scale.accounts}/usage", **window)


def _p95_ms(seen: Sequence[Seen], outcome: str) -> float:
    took = sorted(each.seconds for each in seen if each.outcome == outcome)
    return 1000 * took[len(took) * 95 // 100] if took else 0.0


def _show(capacity: float, seconds: float, burst: Sequence[Seen], after: Sequence[Seen]) -> None:
    rows = []
    for name, seen in (("burst", burst), (f"{AFTER} s after it", after)):
        outcomes = Counter(each.outcome for each in seen)
        p95 = [_p95_ms(seen, outcome) for outcome in ("answered", "told")]
        rows.append((name, len(seen), *(outcomes[each] for each in ("answered", "told", "lost")), *p95))
    show(
        f"A burst of {seconds:.0f} s: {TIMES} times the capacity of {capacity:.0f} requests/s",
        ("when", "requests", "answered", "told 503", "lost", "P95 of answers, ms", "P95 of 503, ms"),
        rows,
        [
            Goal("P95 of what is answered in the burst, ms", _p95_ms(burst, "answered"), IN_TIME, at_most=True),
            Goal("lost", sum(each.outcome == "lost" for each in burst), 0, at_most=True),
            Goal("answered after the burst", sum(each.outcome == "answered" for each in after), len(after)),
        ],
    )
