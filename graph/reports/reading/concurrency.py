"""How many reports read at once: a few more wait for a moment, the others hear at once that there is no room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from infra.errors import DependencyUnavailableError
from infra.metrics import REFUSED

WAITING: Final = 16  # reports that may wait, per report that reads
PATIENCE: Final = 1.0  # seconds that a report waits at most


class OverloadedError(DependencyUnavailableError):
    """More reports than can be answered in time; the caller should come back later."""


class Turns:
    """At most `size` bodies of `taken` at once."""

    def __init__(self, size: int) -> None:
        self._room, self._most_waiting = asyncio.Semaphore(size), size * WAITING
        self._waiting = 0

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """OverloadedError when the queue is full, or after PATIENCE seconds in it."""
        if self._room.locked():
            await self._wait()
        else:
            await self._room.acquire()
        try:
            yield
        finally:
            self._room.release()

    async def _wait(self) -> None:
        if self._waiting >= self._most_waiting:
            raise _overloaded()
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._room.acquire()
        except TimeoutError:
            raise _overloaded() from None
        finally:
            self._waiting -= 1


def _overloaded() -> OverloadedError:
    REFUSED.labels("overloaded").inc()
    return OverloadedError("Too many reports are asked for at this moment; try again in a few seconds.")
