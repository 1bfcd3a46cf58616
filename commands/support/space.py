"""Space on the disk that `anlyt dev` keeps its engines on: enough to start, and never so little that they break.

On a full disk, PostgreSQL (53100) and ClickHouse (243) refuse writes; JetStream answers no publication any more, and
stays so when space is free again. So `anlyt dev` ends in order while all three can still write.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from infra.errors import AnlytError

MB: Final = 1_000_000  # bytes
RESERVE: Final = 100 * MB  # to end in order
FRESH: Final = 300 * MB  # of engines that start: PostgreSQL alone makes 50 MB
WEEK: Final = 1_000 * MB  # of the demo's history, which takes 500 MB, and of an hour of what follows
EVERY: Final = 0.5  # seconds; the demo's history writes 20 MB per second


class FullDiskError(AnlytError):
    """The disk of ANLYT_HOME is full; the sentence says how to go on."""


def check(home: Path, wanted: int) -> None:
    """FullDiskError unless `wanted` bytes are free for engines in `home`."""
    if (left := free(home)) < wanted:
        raise FullDiskError(_sentence(home, left, wanted))


def free(home: Path) -> int:
    """Bytes that this user may still write."""
    return shutil.disk_usage(home).free


@asynccontextmanager
async def watch_space(home: Path) -> AsyncIterator[None]:
    """Ends the body with FullDiskError once less than RESERVE is free, or when it fails for want of space."""
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_until_full(home))
            yield
            watching.cancel()
    except Exception as error:
        if not any(map(_is_full, _leaves(error))):
            raise
        # Not "from error": what the engines said of it would be taken for the cause.
        raise FullDiskError(_sentence(home, free(home), FRESH)) from None


async def _until_full(home: Path) -> None:
    while True:
        check(home, RESERVE)
        await asyncio.sleep(EVERY)


def _is_full(error: BaseException) -> bool:
    return isinstance(error, FullDiskError) or "no space left on device" in str(error).lower()


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _leaves(each)
    else:
        yield error


def _sentence(home: Path, left: int, wanted: int) -> str:
    return (
        f"The disk of {home.absolute()} is full: {left // MB:,} MB are free, {wanted // MB:,} MB are needed. "
        "Free some, or set ANLYT_HOME to a folder on another disk; then start again."
    )
