"""Measures the time in which this process could run, for tests of durations on busy machines."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

BEAT: Final = 0.01  # seconds


@asynccontextmanager
async def responsive_seconds() -> AsyncIterator[Callable[[], float]]:
    """Yields a function for the seconds since the start in which this process could run.

    While other processes hold it up, hardly any of these seconds pass.
    """
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(BEAT)
            beats += 1

    heartbeat = asyncio.create_task(beat())
    try:
        yield lambda: beats * BEAT
    finally:
        heartbeat.cancel()
