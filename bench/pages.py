"""Measures pages beside the REST answers that they show, one caller, in one run.

The data are those of the benchmark `reports`, rolled up. A page loads PANELS_AT_ONCE of its reports at the same time,
so its REST answers are requested over as many connections. The REST answers of each window were requested before, so
that the reports are as warm as they get. Then each window is looked at three times: first; by somebody with the same
rights, whose browser does not have the page; and again, by the browser that has it. The frame is the page without its
reports: with a wrong window.

In use, a first look follows an event: neither the page nor the newest day of its reports is warm. So both are measured
in this state, too: before each request, the version of the window's last day is raised, as an event does.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple
from urllib.parse import urlencode

from bench.etag import Connection
from bench.processes import api_process, cpu_seconds
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, fill, roll_up
from bench.stores import stores
from graph.web.page import PANELS_AT_ONCE
from infra.postgres import Connection as Database

HOUR: Final = timedelta(hours=1)
DAYS: Final = 30  # of a window; the period before has as many
REPORTS: Final = "/v1/internal/analytics"
CUSTOMER: Final = b"X-Caller: customer-portal\r\nX-Tenant-Id: tenant-1\r\nX-Account-Id: acc-0\r\n"
ADMIN: Final = b"X-Caller: admin-dashboard\r\n"

BLOCK: Final = 20  # windows in a row: CPU time is counted in hundredths of a second
VARIANTS: Final = (
    *("REST answers", "first look", "another's look", "look again", "frame"),
    *("REST answers after an event", "look after an event"),
)
COMPARED: Final = {1: 0, 2: 0, 3: 0, 6: 5}  # looks, each with its REST answers, by their numbers in VARIANTS
AFTER_EVENT: Final = (5, 6)
EVENT: Final = "update anlyt.event_days set version = version + 1, newest_claim_at = now() where day = $1"

Window = Mapping[str, str]


class Request(NamedTuple):
    """A request, and the status of its answer."""

    text: bytes
    status: int


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


class Variant(NamedTuple):
    """The times of requests in ms, and the CPU ms of the API per request."""

    times: Sequence[float]
    cpu_ms: float

    @property
    def p95(self) -> float:
        return sorted(self.times)[int(0.95 * (len(self.times) - 1))]


async def run(folder: Path, *, smoke: bool) -> None:
    scale, count = (SMOKE, 3) if smoke else (FULL, 200)
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    days = min(DAYS, scale.days // 2 - 1)
    async with stores(folder) as engines:
        await fill(engines, newest, scale)
        await roll_up(engines)
        async with api_process(engines) as (url, pid), engines.connection() as database:
            ends = [newest - timedelta(hours=number % 240) for number in range(count)]
            await compare(url, pid, database, ends, timedelta(days=days))


async def compare(url: str, pid: int, database: Database, ends: Sequence[datetime], length: timedelta) -> None:
    """Measures all pages in windows that end at `ends`, and prints the results."""
    host, port = url.removeprefix("http://").split(":")
    connections = [Connection(*await asyncio.open_connection(host, int(port))) for _ in range(PANELS_AT_ONCE)]
    found = {each.path: await _measure(connections, pid, database, each, ends, length) for each in PAGES}
    for each in connections:
        each.close()
    columns = [f"{name}, {figure}" for name in VARIANTS for figure in ("P95 ms", "CPU ms")]
    rows = [
        (path, *(figure for each in variants for figure in (each.p95, each.cpu_ms))) for path, variants in found.items()
    ]
    goals = [
        Goal(
            f"P95 of {path}, {VARIANTS[look]}, relative to its REST answers", all_[look].p95 / all_[rest].p95, 1.3, True
        )
        for path, all_ in found.items()
        for look, rest in COMPARED.items()
    ]
    show(f"Pages of {length.days} days", ("page", *columns), rows, goals)


async def _measure(
    connections: Sequence[Connection],
    pid: int,
    database: Database,
    shown: Shown,
    ends: Sequence[datetime],
    length: timedelta,
) -> Sequence[Variant]:
    """The variants, in their order. REST answers and the frame are measured before or after the looks, in turns."""
    times: Sequence[list[float]] = [[] for _ in VARIANTS]
    cpu = [0.0 for _ in VARIANTS]
    looks = [1, 2, 3]
    for begin in range(0, len(ends), BLOCK):
        windows = [_window(end, length) for end in ends[begin : begin + BLOCK]]
        rest = [_rest(shown, end, length) for end in ends[begin : begin + BLOCK]]
        for requests in rest:
            await _send_all(connections, requests)
        page = [[Request(_page(shown, window), 200)] for window in windows]
        frame = [[Request(_page(shown, {"last": "wrong"}), 400)]] * len(windows)
        work: list[Sequence[Sequence[Request]]] = [rest, page, page, page, frame, rest, page]
        turns = ([0, *looks, 4], AFTER_EVENT) if begin // BLOCK % 2 else ([4, *looks, 0], AFTER_EVENT[::-1])
        for number in chain.from_iterable(turns):
            if number == looks[-1]:
                work[number] = [
                    [Request(_page(shown, window, await _tag(connections[0], *requests)), 304)]
                    for window, requests in zip(windows, page, strict=True)
                ]
            before = cpu_seconds([pid])
            for end, requests in zip(ends[begin : begin + BLOCK], work[number], strict=True):
                if number in AFTER_EVENT:
                    await database.execute(EVENT, (end - HOUR).date())
                times[number].append(await _send_all(connections, requests))
            cpu[number] += cpu_seconds([pid]) - before
    return [Variant(each, used / len(ends) * 1000) for each, used in zip(times, cpu, strict=True)]


def _rest(shown: Shown, end: datetime, length: timedelta) -> Sequence[Request]:
    """The requests of the answers that a page shows."""
    return [
        Request(_request(REPORTS + path, {**_window(end - length * before, length), **more}, shown.caller), 200)
        for path, before, more in shown.answers
    ]


def _page(shown: Shown, window: Window, tag: str | None = None) -> bytes:
    """The request of a page, by a browser that has the page of `tag`."""
    known = f"If-None-Match: {tag}\r\n" if tag else ""
    return _request(shown.path, window, f"Accept: text/html\r\n{known}".encode() + shown.caller)


async def _tag(connection: Connection, request: Request) -> str:
    """The validator of a page."""
    head = await connection.send(*request)
    return head.partition("\r\netag: ")[2].partition("\r\n")[0].replace("w/", "W/")


async def _send_all(connections: Sequence[Connection], requests: Sequence[Request]) -> float:
    """Sends requests over the first free connections; returns the ms until all are answered."""
    waiting = iter(requests)

    async def send(connection: Connection) -> None:
        for request, status in waiting:
            await connection.send(request, status)

    began = perf_counter()
    await asyncio.gather(*map(send, connections))
    return (perf_counter() - began) * 1000


def _window(end: datetime, length: timedelta) -> Window:
    return {"from": f"{end - length:%Y-%m-%dT%H:%M:%SZ}", "to": f"{end:%Y-%m-%dT%H:%M:%SZ}"}


def _request(path: str, parameters: Mapping[str, str], headers: bytes) -> bytes:
    return f"GET {path}?{urlencode(parameters)} HTTP/1.1\r\nHost: bench\r\n".encode() + headers + b"\r\n"
