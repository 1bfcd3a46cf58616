"""Answers as server-sent events, and how many subscriptions may be open.

The "distinct connections" mode of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md: each result is an
event `next`, and the end an event `complete`. A stream that breaks off without `complete` is one to subscribe to again.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from starlette.responses import StreamingResponse

from graph.errors import RateLimitedError, ServerStoppingError

EVENT_STREAM: Final = "text/event-stream"
MOST_OF_A_CALLER: Final = 5
MOST_OF_ALL: Final = 200
SOON: Final = 5  # seconds until one may have ended

_COMPLETE: Final = b"event: complete\ndata:\n\n"


class Streams:
    """Those that are open in this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, caller: str) -> Iterator[None]:
        """While it is open; RateLimitedError when there are enough already."""
        if self._open[caller] >= MOST_OF_A_CALLER or self._open.total() >= MOST_OF_ALL:
            raise RateLimitedError(
                f"A caller may have {MOST_OF_A_CALLER} streams open, and all together {MOST_OF_ALL}; close one.", SOON
            )
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


def event_stream(answers: AsyncIterator[Any], failure: Callable[[Exception], Any]) -> StreamingResponse:
    """Answers one by one as they come. The error that ends them is the last event, as `failure` makes it."""

    async def events() -> AsyncIterator[bytes]:
        try:
            async for answer in answers:
                yield _next(answer)
        except ServerStoppingError as error:
            yield _next(failure(error))
            return  # without an end that the client would take for the subscription's own
        except Exception as error:  # whatever it was, the client gets it as an event
            yield _next(failure(error))
        yield _COMPLETE

    return StreamingResponse(events(), 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, EVENT_STREAM)


def _next(answer: object) -> bytes:
    return b"event: next\ndata: " + msgspec.json.encode(answer) + b"\n\n"
