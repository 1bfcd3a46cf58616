"""Distinguishes slow engines from silent ones: work may go on up to a limit while its engine answers pings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from infra.errors import DependencyUnavailableError

Ping = Callable[[], Awaitable[object]]
"""Raises unless the engine answers; may take any time."""

# Their sum is the time until a caller learns that an engine is silent. The API promises less than 2 s.
SILENCE: Final = 0.8  # seconds of work before and between pings
PING: Final = 0.7  # seconds within which the engine must answer a ping
BEATS: Final = 14  # waits into which the time of a ping is divided


class EngineSilentError(Exception):
    """The engine did not answer a ping."""


class EngineSlowError(Exception):
    """The engine answers pings, and the work has reached its limit."""


class TooSlowError(DependencyUnavailableError):
    """The engine answers pings, but the work took longer than its limit and was cancelled."""


@asynccontextmanager
async def while_engine_answers(ping: Ping, limit: float | None = None) -> AsyncIterator[None]:
    """Bounds its body. Raises EngineSilentError for an unanswered ping, and EngineSlowError after `limit` seconds.

    A body that ends before SILENCE costs only one timer.
    """
    loop, watching, is_silent = asyncio.get_running_loop(), list[asyncio.Task[None]](), False

    async def watch() -> None:
        nonlocal is_silent
        while await answers(ping, PING):
            await asyncio.sleep(SILENCE)
        is_silent = True
        timeout.reschedule(loop.time())

    try:
        async with asyncio.timeout(limit) as timeout:
            timer = loop.call_later(SILENCE, lambda: watching.append(loop.create_task(watch())))
            try:
                yield
            finally:
                timer.cancel()
                for task in watching:
                    task.cancel()
    except TimeoutError as error:
        if not timeout.expired():
            raise
        raise (EngineSilentError if is_silent else EngineSlowError) from error


async def answers(ping: Ping, seconds: float) -> bool:
    """Whether a ping is answered within `seconds`, not counting time in which this process was too busy to notice.

    It divides the time into BEATS: while the event loop is blocked, at most one of them passes.
    """
    # Not wait_for: it would also wait until a hanging ping handles its cancellation.
    reply = asyncio.ensure_future(ping())
    reply.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        for _ in range(BEATS):
            if (await asyncio.wait([reply], timeout=seconds / BEATS))[0]:
                break
        return reply.done() and not reply.cancelled() and reply.exception() is None
    finally:
        reply.cancel()
