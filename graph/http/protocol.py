"""Uvicorn's HTTP protocol: it limits the head of a request, and asks an Admission before it begins the request."""

import asyncio
from functools import partial
from typing import Any, Final, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from graph.http.admission import Admission
from graph.http.middleware import REQUEST_ID

LONGEST_HEAD: Final = 64 << 10  # bytes of request line and headers
SLOWEST_HEAD: Final = 20.0  # seconds from the connection, or a request's first byte, to the end of its headers


class _ClosingTransport:
    """A transport that drops writes once it is closing: uvloop's would raise before the protocol learns of the end."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedProtocol(HttpToolsProtocol):
    """Closes connections whose request head is too long or too slow; uvicorn alone would buffer it and wait."""

    slowest_head: float = SLOWEST_HEAD

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._head_bytes: int | None = 0  # received so far; None: the head is complete
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it, too
        super().connection_made(cast(asyncio.Transport, _ClosingTransport(transport)))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stop_waiting()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._head_bytes = 0
        self._timer = self.loop.call_later(self.slowest_head, self.transport.abort)

    def _stop_waiting(self) -> None:
        self._head_bytes = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class AdmittingProtocol(BoundedProtocol):
    """Serves an Admission. A request that waits or is refused costs neither a task nor a call of the application."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        assert isinstance(self.config.app, Admission)
        self._admission = self.config.app
        self._begun: RequestResponseCycle | None = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._admission.admit(_scope(cycle), partial(self._begin, cycle, app), partial(self._refuse, cycle))

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.disconnected:
            return
        super()._start_asgi_task(cycle, app)
        self._begun = cycle
        if not cycle.more_body:
            self._admission.count(_scope(cycle))

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self.cycle is self._begun and not self.cycle.response_started:
            self._admission.count(_scope(self.cycle))

    def _refuse(self, cycle: RequestResponseCycle) -> None:
        """Writes the response. Uvicorn then drops the rest of the request."""
        if cycle.disconnected:
            return
        scope = _scope(cycle)
        response = self._admission.refusal(scope)
        keep_alive = cycle.keep_alive and not cycle.waiting_for_100_continue
        headers = [
            *self.server_state.default_headers,
            *response.raw_headers,
            (b"x-request-id", scope[REQUEST_ID].encode()),
            *([] if keep_alive else [(b"connection", b"close")]),
        ]
        head = b"".join([STATUS_LINE[response.status_code], *(b"%b: %b\r\n" % each for each in headers), b"\r\n"])
        cycle.response_started = cycle.response_complete = True
        self.transport.write(head if scope["method"] == "HEAD" else head + bytes(response.body))
        if not keep_alive:
            self.transport.close()
        self.on_response_complete()


def _scope(cycle: RequestResponseCycle) -> Scope:
    """The ASGI scope of a request, with Starlette's type."""
    return cast(Scope, cycle.scope)
