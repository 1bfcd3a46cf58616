"""Measures a dashboard that asks again: with `If-None-Match` and without, side by side in one run.

The dashboard requests the daily summary of 90 days. The data are those of the benchmark `reports`, rolled up and in the
API's cache, so that the report is as cheap as it gets.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from bench.load import Send, drive
from bench.processes import api_process, cpu_seconds
from bench.report import Goal, show
from bench.reports import FULL, SMOKE, fill, roll_up
from bench.requests import get
from bench.stores import stores

CLIENTS: Final = 4
ROUNDS: Final = 3


class Figures(NamedTuple):
    """Requests per second, and CPU ms of the API per request."""

    rate: float
    cpu_ms: float


class Connection:
    """One kept-alive connection to a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, request: bytes, status: int) -> str:
        """Sends a request and returns the head of its answer, which must have this status."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith(f"http/1.1 {status}"), head
        if status != 304:
            await self._reader.readexactly(int(_header(head, "content-length")))
        return head

    def close(self) -> None:
        self._writer.close()


async def run(folder: Path, *, smoke: bool) -> None:
    scale = SMOKE if smoke else FULL
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    async with stores(folder) as engines:
        await fill(engines, newest, scale)
        await roll_up(engines)
        async with api_process(engines) as (url, pid):
            await _compare(url, pid, newest, scale.days, 0.3 if smoke else 6)


async def _compare(url: str, pid: int, newest: datetime, days: int, seconds: float) -> None:
    host, port = url.removeprefix("http://").split(":")
    connections = [Connection(*await asyncio.open_connection(host, int(port))) for _ in range(CLIENTS)]
    start = newest - timedelta(days=days - 2)
    window = {"from": f"{start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{newest:%Y-%m-%dT%H:%M:%SZ}", "granularity": "daily"}
    plain = get("/v1/internal/analytics/summary", **window)
    tag = _header(await connections[0].send(plain, 200), "etag")
    known = plain.replace(b"\r\n\r\n", f"\r\nIf-None-Match: {tag}\r\n\r\n".encode().replace(b"w/", b"W/"))
    packed = plain.replace(b"\r\n\r\n", b"\r\nAccept-Encoding: zstd\r\n\r\n")
    variants = {"200": (plain, 200), "200, zstd": (packed, 200), "304": (known, 304)}
    rounds: list[dict[str, Figures]] = [
        {name: await _measure(connections, pid, seconds, *variant) for name, variant in variants.items()}
        for _ in range(ROUNDS)
    ]
    for each in connections:
        each.close()
    _show(rounds)


async def _measure(connections: list[Connection], pid: int, seconds: float, request: bytes, status: int) -> Figures:
    def sender(connection: Connection) -> Send:
        async def send(_: int) -> None:
            await connection.send(request, status)

        return send

    began = cpu_seconds([pid])
    load = await drive([sender(each) for each in connections], count(), seconds)
    return Figures(load.rate, (cpu_seconds([pid]) - began) / len(load.latencies) * 1000)


def _header(head: str, name: str) -> str:
    return head.partition(f"\r\n{name}: ")[2].partition("\r\n")[0]


def _show(rounds: list[dict[str, Figures]]) -> None:
    """Prints medians of the rounds. Each ratio compares two variants of one round."""
    medians = {
        name: Figures(*(median(each) for each in zip(*(figures[name] for figures in rounds), strict=True)))
        for name in rounds[0]
    }
    ratio = median(each["200"].cpu_ms / each["304"].cpu_ms for each in rounds)
    rows = [(name, figures.rate, figures.cpu_ms) for name, figures in medians.items()]
    show(
        "A dashboard asks again for a summary of 90 days",
        ("answer", "requests/s", "CPU of the API, ms per request"),
        rows,
        [Goal("CPU of a 200 relative to a 304", ratio, 1)],
    )
