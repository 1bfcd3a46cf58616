"""Subscriptions as server-sent events, so many for a caller and so many in all.

The "distinct connections" mode of https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md: each result is an
event `next`, and the end an event `complete`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import msgspec
from starlette.responses import StreamingResponse

from graph.errors import RateLimitedError

MEDIA_TYPE: Final = "text/event-stream"
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


def event_stream(answers: AsyncIterator[Any], failed: Callable[[Exception], Any]) -> StreamingResponse:
    """Answers one by one as they come. What ends them is told by `failed` as the last."""

    async def events() -> AsyncIterator[bytes]:
        try:
            async for answer in answers:
                yield _next(answer)
        except Exception as error:
            yield _next(failed(error))
        yield _COMPLETE

    return StreamingResponse(events(), 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, MEDIA_TYPE)


def _next(answer: object) -> bytes:
    return b"event: next\ndata: " + msgspec.json.encode(answer) + b"\n\n"
