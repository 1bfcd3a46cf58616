"""Limits how many reports read at the same time. The others wait for a moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from graph.errors import OverloadedError
from infra.metrics import REFUSED

MAX_WAIT: Final = 1.0  # seconds


class ConcurrencyLimit:
    """At most `size` slots are in use at the same time. graph/http/admission.py bounds how many requests wait."""

    def __init__(self, size: int) -> None:
        self._slots = asyncio.Semaphore(size)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Holds one slot. Raises OverloadedError after MAX_WAIT seconds of waiting for it."""
        if self._slots.locked():
            await self._wait()
        else:
            await self._slots.acquire()
        try:
            yield
        finally:
            self._slots.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(MAX_WAIT):
                await self._slots.acquire()
        except TimeoutError:
            REFUSED.labels("overloaded").inc()
            raise OverloadedError from None
