"""Slow is not away: work in an engine is waited for while the engine answers a ping, up to a limit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from infra.errors import DependencyUnavailableError

Ping = Callable[[], Awaitable[object]]
"""Raises unless the engine answers; may take any time."""

# Seconds that work has before the engine is asked whether it lives, and seconds that it has to say so. A caller hears
# of an absent engine after both, under the 2 s that the API promises.
SILENCE: Final = 0.8
PING: Final = 0.7
BEATS: Final = 14  # in which the time of a ping is counted


class EngineSilentError(Exception):
    """The engine did not answer a ping."""


class EngineSlowError(Exception):
    """The engine answers pings, and the work has reached its limit."""


class TooSlowError(DependencyUnavailableError):
    """The engine lives, but what it was asked took longer than it may; it was ended there."""


@asynccontextmanager
async def patiently(ping: Ping, limit: float | None = None) -> AsyncIterator[None]:
    """Bounds the body: EngineSilentError when no ping is answered, EngineSlowError after `limit` seconds.

    A body that ends before SILENCE costs one timer.
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
    """Whether a ping is answered in time. Time in which this process was too busy to hear an answer does not count.

    Not wait_for: that would also wait until a ping that hangs has noticed its cancellation.
    """
    asked = asyncio.ensure_future(ping())
    asked.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        for _ in range(BEATS):
            if (await asyncio.wait([asked], timeout=seconds / BEATS))[0]:
                break
        return asked.done() and not asked.cancelled() and asked.exception() is None
    finally:
        asked.cancel()
