"""Limits how many reports read at the same time. A few more wait for a moment; the rest are rejected immediately."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from infra.errors import DependencyUnavailableError
from infra.metrics import REFUSED

WAITING_PER_SLOT: Final = 16  # reports
MAX_WAIT: Final = 1.0  # seconds


class OverloadedError(DependencyUnavailableError):
    """More reports were requested than can be answered in time; the caller should retry later."""


class ConcurrencyLimit:
    """At most `size` slots are in use at the same time."""

    def __init__(self, size: int) -> None:
        self._slots, self._max_waiting = asyncio.Semaphore(size), size * WAITING_PER_SLOT
        self._waiting = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Holds one slot. Raises OverloadedError when the queue is full, or after MAX_WAIT seconds in it."""
        if self._slots.locked():
            await self._wait()
        else:
            await self._slots.acquire()
        try:
            yield
        finally:
            self._slots.release()

    async def _wait(self) -> None:
        if self._waiting >= self._max_waiting:
            raise _overloaded()
        self._waiting += 1
        try:
            async with asyncio.timeout(MAX_WAIT):
                await self._slots.acquire()
        except TimeoutError:
            raise _overloaded() from None
        finally:
            self._waiting -= 1


def _overloaded() -> OverloadedError:
    REFUSED.labels("overloaded").inc()
    return OverloadedError("Too many reports are requested at this moment; try again in a few seconds.")
