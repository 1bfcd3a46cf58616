"""Measures pages beside the REST answers that they show, one client, in one run.

The data are those of the benchmark `reports`, rolled up. Each window is requested once as a page, and once as its REST
answers one after another; who is first takes turns.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple
from urllib.parse import urlencode

from bench.etag import Connection
from bench.processes import api_process
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, fill, roll_up
from bench.stores import stores

DAYS: Final = 30  # of a window; the period before has as many
REPORTS: Final = "/v1/internal/analytics"
CUSTOMER: Final = b"X-Caller: customer-portal\r\nX-Tenant-Id: tenant-1\r\nX-Account-Id: acc-0\r\n"
ADMIN: Final = b"X-Caller: admin-dashboard\r\n"

Window = Mapping[str, str]


class Shown(NamedTuple):
    """A page, and the requests of the answers that it shows: path, whether of the period before, parameters."""

    path: str
    answers: Sequence[tuple[str, bool, Mapping[str, str]]]
    caller: bytes


PAGES: Final = (
    Shown(
        "/dashboard",
        (
            ("/summary", False, {"granularity": "daily"}),
            ("/summary", True, {"granularity": "daily"}),
            ("/top-operators", False, {"granularity": "daily"}),
            ("/delivery-breakdown", False, {}),
        ),
        ADMIN,
    ),
    Shown("/usage", (("/accounts/acc-0/usage", False, {}), ("/accounts/acc-0/usage", True, {})), CUSTOMER),
)


async def run(folder: Path, *, smoke: bool) -> None:
    scale, count = (SMOKE, 3) if smoke else (FULL, 200)
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    days = min(DAYS, scale.days // 2 - 1)
    async with stores(folder) as engines:
        await fill(engines, newest, scale)
        await roll_up(engines)
        async with api_process(engines) as (url, _):
            host, port = url.removeprefix("http://").split(":")
            connection = Connection(*await asyncio.open_connection(host, int(port)))
            ends = [newest - timedelta(hours=number % 240) for number in range(count)]
            rows = [(each.path, *await _compare(connection, each, ends, timedelta(days=days))) for each in PAGES]
            connection.close()
    goals = [Goal(f"P95 of {path} relative to its REST answers", page / rest, 1.3, True) for path, page, rest in rows]
    show(f"Pages of {days} days", ("page", "P95 ms", "its REST answers, P95 ms"), rows, goals)


async def _compare(
    connection: Connection, shown: Shown, ends: Sequence[datetime], length: timedelta
) -> tuple[float, float]:
    """The 95th percentiles of the page and of its REST answers, in ms."""
    page_times, rest_times = list[float](), list[float]()
    for number, end in enumerate(ends):
        page = [_request(shown.path, _window(end, length), shown.caller, "text/html")]
        rest = [
            _request(REPORTS + path, {**_window(end - length * before, length), **more}, shown.caller, "*/*")
            for path, before, more in shown.answers
        ]
        for requests, times in ((page, page_times), (rest, rest_times))[:: 1 if number % 2 else -1]:
            began = perf_counter()
            for each in requests:
                await connection.send(each, 200)
            times.append((perf_counter() - began) * 1000)
    return _p95(page_times), _p95(rest_times)


def _window(end: datetime, length: timedelta) -> Window:
    return {"from": f"{end - length:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def _request(path: str, parameters: Mapping[str, str], caller: bytes, accept: str) -> bytes:
    head = f"GET {path}?{urlencode(parameters)} HTTP/1.1\r\nHost: bench\r\nAccept: {accept}\r\n"
    return head.encode() + caller + b"\r\n"


def _p95(times: Sequence[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]
