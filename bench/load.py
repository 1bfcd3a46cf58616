"""Closed-loop load: each connection sends its next request when the last answer has arrived."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Load:
    """The latencies of one round, and its duration in seconds."""

    seconds: float
    latencies: list[float]  # seconds, ascending

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        return self.latencies[min(len(self.latencies) - 1, len(self.latencies) * percent // 100)] * 1000


Send = Callable[[int], Awaitable[None]]
"""Sends one request and waits for the answer. Another number makes another request."""


async def drive(clients: list[Send], numbers: Iterator[int], seconds: float) -> Load:
    """Runs all clients concurrently for `seconds` seconds."""
    started = time.perf_counter()
    latencies = await asyncio.gather(*(_loop(send, numbers, started + seconds) for send in clients))
    return Load(time.perf_counter() - started, sorted(itertools.chain.from_iterable(latencies)))


async def _loop(send: Send, numbers: Iterator[int], until: float) -> list[float]:
    latencies: list[float] = []
    while (began := time.perf_counter()) < until:
        await send(next(numbers))
        latencies.append(time.perf_counter() - began)
    return latencies


class RefusedError(Exception):
    """The answer was not a 200; carries its head and body."""


class HttpClient:
    """One kept-alive HTTP/1.1 connection. Parses no headers, so that it costs as little CPU time as asyncpg."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, url: str) -> "HttpClient":
        """A client with one connection to the server at `url`."""
        address = urlsplit(url)
        return cls(*await asyncio.open_connection(address.hostname, address.port))

    async def send(self, request: bytes) -> bytes:
        """Sends a request; returns the body of the answer, or raises RefusedError. Needs a Content-Length."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"content-length:")
        body = await self._reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
        if not head.startswith(b"http/1.1 200"):
            raise RefusedError(f"{head.decode()}{body.decode()}")
        return body

    def close(self) -> None:
        self._writer.close()
