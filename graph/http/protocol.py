"""HTTP as uvicorn speaks it, for heads of a bounded length that come in bounded time."""

import asyncio
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD: Final = 64 << 10  # bytes of request line and headers
SLOWEST_HEAD: Final = 20.0  # seconds from a connection, or a request's first byte, to the end of its headers


class _Lenient:
    """A transport to which nothing is written once it closes: uvloop's raises, before anybody knows of the end."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedProtocol(HttpToolsProtocol):
    """Hangs up on whoever sends a head that never ends: until then uvicorn keeps it, and waits."""

    slowest_head: float = SLOWEST_HEAD

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head: int | None = 0  # bytes so far; None: the head is over
        self._limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(cast(asyncio.Transport, _Lenient(transport)))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head is not None:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stop_waiting()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head = 0
        self._limit = self.loop.call_later(self.slowest_head, self.transport.abort)

    def _stop_waiting(self) -> None:
        self._head = None
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
