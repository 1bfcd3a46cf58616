"""Closed-loop load: each connection sends its next request when the last answer has arrived."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
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


async def one_by_one(send: Send, times: int) -> Load:
    """Sends the requests 0 to `times` - 1, one after the other."""
    started, latencies = time.perf_counter(), []
    for number in range(times):
        began = time.perf_counter()
        await send(number)
        latencies.append(time.perf_counter() - began)
    return Load(time.perf_counter() - started, sorted(latencies))


class Answer(NamedTuple):
    """The head of an answer in lower case, and its body."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head.split(b" ", 2)[1])

    def expect(self, status: int) -> bytes:
        """The body. Raises RefusedError for another status."""
        if self.status != status:
            raise RefusedError(self)
        return self.body


class RefusedError(Exception):
    """The answer had another status than expected; carries its head and body as text."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.head.decode()}{answer.body.decode()}")
        self.status = answer.status


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
        """Sends a request; returns the body of the answer, or raises RefusedError unless its status is 200."""
        return (await self.exchange(request)).expect(200)

    async def exchange(self, request: bytes) -> Answer:
        """Sends a request and returns the answer, whatever its status. Needs a Content-Length."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, rest = head.partition(b"content-length:")
        return Answer(head, await self._reader.readexactly(int(rest.split(b"\r\n", 1)[0])))

    def close(self) -> None:
        self._writer.close()
