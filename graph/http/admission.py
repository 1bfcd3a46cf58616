"""Admission control: requests wait for their turn, or are refused, before any work is done for them."""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from functools import partial
from time import perf_counter
from typing import Final, TypeAlias

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.access.authenticator import IDENTITY_HEADERS
from graph.http.middleware import REQUEST_ID, read_request_id
from graph.http.telemetry import ARRIVED, record_status
from graph.http.turns import Turns
from infra.metrics import REFUSED

MOST_WAITING: Final = 4096  # requests; each takes a few kilobytes
MAX_WAIT: Final = 0.5  # seconds; a caller learns within 2 s that an engine is silent, this time included

_SEARCH: Final = 0.1  # seconds between two searches for late requests
_COUNTED: Final = "counted_by_admission"  # in the ASGI scope
_IDENTITY: Final = frozenset(name.encode() for name in IDENTITY_HEADERS)

Step: TypeAlias = Callable[[], None]

_end_of_request: ContextVar[Step] = ContextVar("end_of_request")


class Admission:
    """An ASGI application that begins at most `limit` requests of `app` at the same time.

    Others wait for up to MAX_WAIT seconds and are then refused with the response of `refusal`. Callers take turns; they
    are told apart by their credentials, which nobody has checked yet. A request counts from the end of its body to the
    start of its response, so neither slow bodies nor streams count. Requests of paths that begin with none of `paths`
    neither count nor wait.
    """

    def __init__(self, app: ASGIApp, limit: int, paths: Sequence[str], refusal: Callable[[Scope], Response]) -> None:
        self.app, self._limit, self._paths, self._refusal = app, limit, tuple(paths), refusal
        self._counted = 0
        self._turns: Turns[tuple[Step, Step]] = Turns()
        self._next_search: asyncio.TimerHandle | None = None  # for late requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        end = partial(self._end, scope)
        _end_of_request.set(end)

        async def send_and_end(message: Message) -> None:
            end()
            await send(message)

        try:
            await self.app(scope, receive, send_and_end)
        finally:
            end()

    def admit(self, scope: Scope, begin: Step, refuse: Step) -> None:
        """Calls `begin` at once or when it is the request's turn; or calls `refuse`."""
        if self._counted < self._limit or not self._is_limited(scope):
            begin()
        elif len(self._turns) >= MOST_WAITING:
            refuse()
        else:
            loop, scope[ARRIVED] = asyncio.get_running_loop(), perf_counter()
            if self._next_search is None:
                self._next_search = loop.call_later(_SEARCH, self._refuse_late)
            # Without its own context, the request would begin in that of the request that ends then.
            steps = partial(copy_context().run, begin), refuse
            self._turns.add(_caller(scope), loop.time() + MAX_WAIT, steps)

    def count(self, scope: Scope) -> None:
        """Counts a request, from now until its end."""
        if _COUNTED not in scope and self._is_limited(scope):
            scope[_COUNTED] = True
            self._counted += 1

    def _end(self, scope: Scope) -> None:
        if scope.pop(_COUNTED, False):
            self._counted -= 1
            while self._turns and self._counted < self._limit:
                begin, _ = self._turns.take()
                begin()

    def _is_limited(self, scope: Scope) -> bool:
        """Whether a request counts and waits. A browser's OPTIONS before a request from another origin does not."""
        path: str = scope["path"]
        return path.startswith(self._paths) and scope["method"] != "OPTIONS"

    def _refuse_late(self) -> None:
        loop = asyncio.get_running_loop()
        for _, refuse in self._turns.take_late(loop.time()):
            loop.call_soon(refuse)
        self._next_search = loop.call_later(_SEARCH, self._refuse_late) if self._turns else None

    def refusal(self, scope: Scope) -> Response:
        """The response to a refused request. Counts the refusal in the metrics."""
        scope[REQUEST_ID] = read_request_id(Headers(scope=scope))
        REFUSED.labels("overloaded").inc()
        response = self._refusal(scope)
        record_status(scope, response.status_code)
        return response


def end_admission() -> None:
    """Ends the count of the current request: it goes on to wait for something that has limits of its own."""
    end = _end_of_request.get(None)
    if end is not None:
        end()


def _caller(scope: Scope) -> tuple[tuple[bytes, bytes], ...]:
    """The credentials of a request."""
    return tuple((name, value) for name, value in scope["headers"] if name in _IDENTITY)
