"""Promises in seconds, kept on machines that are busy with something else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

BEAT: Final = 0.01  # seconds


@asynccontextmanager
async def responsive_seconds() -> AsyncIterator[Callable[[], float]]:
    """Tells the seconds that this process has lived through since then: while others hold it up, hardly any pass."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(BEAT)
            beats += 1

    heart = asyncio.create_task(beat())
    try:
        yield lambda: beats * BEAT
    finally:
        heart.cancel()
