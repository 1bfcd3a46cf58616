"""Answers as server-sent events, and a limit on open subscriptions.

The "distinct connections" mode of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md: each result is an
event `next`, and the end an event `complete`. A client subscribes again if a stream ends without `complete`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from starlette.responses import StreamingResponse

from graph.errors import RateLimitedError, ServerStoppingError

EVENT_STREAM: Final = "text/event-stream"
MAX_PER_CALLER: Final = 5
MAX_OPEN: Final = 200
RETRY_AFTER: Final = 5  # seconds

_COMPLETE: Final = b"event: complete\ndata:\n\n"


class Streams:
    """Limits the open streams of a process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def slot(self, caller: str) -> Iterator[None]:
        """Holds a slot for one stream. Raises RateLimitedError when no slot is free."""
        if self._open[caller] >= MAX_PER_CALLER or self._open.total() >= MAX_OPEN:
            raise RateLimitedError(
                f"A caller may have {MAX_PER_CALLER} streams open, and all together {MAX_OPEN}; close one.", RETRY_AFTER
            )
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


def event_stream(answers: AsyncIterator[Any], failure: Callable[[Exception], Any]) -> StreamingResponse:
    """A response with one event per answer. `failure` makes the last event from an error that ends the answers."""

    async def events() -> AsyncIterator[bytes]:
        try:
            async for answer in answers:
                yield _next(answer)
        except ServerStoppingError as error:
            yield _next(failure(error))
            return  # without `complete`, so that the client subscribes again
        except Exception as error:  # the client receives any error as an event
            yield _next(failure(error))
        yield _COMPLETE

    return StreamingResponse(events(), 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, EVENT_STREAM)


def _next(answer: object) -> bytes:
    return b"event: next\ndata: " + msgspec.json.encode(answer) + b"\n\n"
