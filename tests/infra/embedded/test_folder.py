import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from infra.embedded.folder import claimed
from infra.errors import FolderInUseError

pytestmark = pytest.mark.anyio


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    async with claimed(tmp_path / "a" / "b"):
        assert (tmp_path / "a" / "b" / "owner").read_text() == f"{os.getpid()}\n"


async def test_a_living_owner_is_named(tmp_path: Path) -> None:
    async with claimed(tmp_path):
        expected = re.escape(f"The folder {tmp_path} is in use by process {os.getpid()}.")
        with pytest.raises(FolderInUseError, match=f"^{expected}$"):
            async with claimed(tmp_path):
                pass


async def test_a_folder_can_be_had_again(tmp_path: Path) -> None:
    for _ in range(2):
        async with claimed(tmp_path):
            pass


async def test_the_engine_of_a_dead_owner_is_waited_for(tmp_path: Path) -> None:
    """Another process holds the lock a moment longer, as an engine does. The recorded pid no longer exists."""
    hold = "import fcntl, os, time; fcntl.flock(0, fcntl.LOCK_EX); print(flush=True); time.sleep(0.3)"
    owner = (tmp_path / "owner").open("w+")
    with owner:
        holder = await asyncio.create_subprocess_exec(sys.executable, "-c", hold, stdin=owner, stdout=PIPE)
    ended = await asyncio.create_subprocess_exec("true")
    await ended.wait()
    (tmp_path / "owner").write_text(f"{ended.pid}\n")
    assert holder.stdout is not None
    await holder.stdout.readline()
    async with claimed(tmp_path):
        assert (tmp_path / "owner").read_text() == f"{os.getpid()}\n"
    await holder.communicate()
