"""Disk space of `anlyt dev`: a check before the start, and a watch that stops the service before the disk is full.

On a full disk, PostgreSQL (53100) and ClickHouse (243) refuse writes. JetStream stops acknowledging publications, even
after space is free again. So `anlyt dev` stops in order while all three can still write.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from infra.errors import AnlytError

MB: Final = 1_000_000  # bytes
RESERVE: Final = 100 * MB  # for a clean stop
FRESH: Final = 300 * MB  # for new engines: PostgreSQL alone needs 50 MB
WEEK: Final = 1_000 * MB  # for the demo's history (500 MB) and an hour of live traffic
INTERVAL: Final = 0.5  # seconds between checks; the demo's history writes 20 MB per second


class FullDiskError(AnlytError):
    """The disk of ANLYT_HOME is full; the sentence says what to do."""


def check(home: Path, wanted: int) -> None:
    """Raises FullDiskError unless `wanted` bytes are free on the disk of `home`."""
    if (left := free(home)) < wanted:
        raise FullDiskError(_sentence(home, left, wanted))


def free(home: Path) -> int:
    """The free bytes that this user may write on the disk of `home`."""
    return shutil.disk_usage(home).free


@asynccontextmanager
async def watch_space(home: Path) -> AsyncIterator[None]:
    """Ends the body with FullDiskError when less than RESERVE is free, or when it fails because the disk is full."""
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(_until_full(home))
            yield
            watching.cancel()
    except Exception as error:  # all but a full disk is raised again
        if not any(map(_is_full, _leaves(error))):
            raise
        # Not "from error": the engines' errors would be reported as the cause.
        raise FullDiskError(_sentence(home, free(home), FRESH)) from None


async def _until_full(home: Path) -> None:
    while True:
        check(home, RESERVE)
        await asyncio.sleep(INTERVAL)


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
