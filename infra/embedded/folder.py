"""Locks an engine's folder for one owner at a time."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from infra.errors import FolderInUseError

# Seconds. After an owner's death, its engine needs a moment to end.
CLAIM_TIMEOUT = 1


@asynccontextmanager
async def claimed(folder: Path) -> AsyncIterator[int]:
    """Creates `folder` and locks its `owner` file. Yields the descriptor, which the engine's processes inherit.

    The lock (flock) is free again when the owner *and* all processes of its engine are gone. Raises FolderInUseError
    with the owner's pid.
    """
    descriptor = _open(folder)
    try:
        await _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _open(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return os.open(folder / "owner", os.O_RDWR | os.O_CREAT, 0o644)


async def _lock(descriptor: int, folder: Path) -> None:
    deadline = asyncio.get_running_loop().time() + CLAIM_TIMEOUT
    while not _locked(descriptor):
        if asyncio.get_running_loop().time() > deadline:
            owner = os.pread(descriptor, 32, 0).decode().strip()
            raise FolderInUseError(f"The folder {folder} is in use by process {owner}.")
        await asyncio.sleep(0.02)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
