"""Closed-loop load: a number of connections, each of which asks again as soon as it is answered."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a round of load showed."""

    seconds: float
    latencies: list[float]  # seconds, ascending

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        return self.latencies[min(len(self.latencies) - 1, len(self.latencies) * percent // 100)] * 1000


Ask = Callable[[int], Awaitable[None]]
"""Asks one question; the number makes each question another one."""


async def drive(clients: list[Ask], numbers: Iterator[int], seconds: float) -> Load:
    """All clients at once, for so many seconds."""
    started = time.perf_counter()
    took = await asyncio.gather(*(_loop(ask, numbers, started + seconds) for ask in clients))
    return Load(time.perf_counter() - started, sorted(itertools.chain.from_iterable(took)))


async def _loop(ask: Ask, numbers: Iterator[int], until: float) -> list[float]:
    took: list[float] = []
    while (begun := time.perf_counter()) < until:
        await ask(next(numbers))
        took.append(time.perf_counter() - begun)
    return took


class RefusedError(Exception):
    """An answer other than 200."""


class HttpClient:
    """One kept-alive HTTP/1.1 connection that costs the load's side as little as asyncpg does: no headers parsed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, host: str, port: int) -> "HttpClient":
        return cls(*await asyncio.open_connection(host, port))

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer, which must be a 200 with a Content-Length."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"content-length:")
        body = await self._reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        if not head.startswith(b"http/1.1 200"):
            raise RefusedError(f"{head.decode()}{body.decode()}")
        return body

    def close(self) -> None:
        self._writer.close()
