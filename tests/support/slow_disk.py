"""A slow disk: strace holds each of a server's calls that write to files or flush them, for some time."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from infra.embedded.engine import Engine
from tools.strace import MISSING, PROGRAM

CALLS: Final = "pwrite64,pwritev,fsync,fdatasync"
PATIENCE: Final = 30.0  # seconds until strace has attached or detached


@asynccontextmanager
async def slow_disk(engine: Engine, delay: float) -> AsyncIterator[None]:
    """While the body runs, each write to the engine's files takes `delay` seconds longer.

    strace slows the engine's other calls a little, too. Raises AssertionError if strace is missing or cannot attach.
    """
    assert PROGRAM.exists(), f"{PROGRAM.name} is missing; `make test` fetches it. {MISSING}"
    calls = [f"--trace={CALLS}", f"--inject={CALLS}:delay_enter={round(delay * 1e6)}"]
    command: list[str | Path] = [PROGRAM, "--follow-forks", f"--attach={engine.pid}", *calls, "--output=/dev/null"]
    tracing = await asyncio.create_subprocess_exec(*command, stderr=subprocess.PIPE)
    assert tracing.stderr is not None
    try:
        first = await asyncio.wait_for(tracing.stderr.readline(), PATIENCE)
        assert b"attached" in first, f"strace cannot attach to {engine.name}: {first.decode()}"
        yield
    finally:
        tracing.terminate()
        await asyncio.wait_for(tracing.communicate(), PATIENCE)
