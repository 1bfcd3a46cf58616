"""Processes of a benchmark, and the CPU time that they take with all that they started."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import psutil

from bench.stores import Stores


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of these processes and their descendants so far, ended children included."""
    return sum(_tree_seconds(pid) for pid in pids)


def _tree_seconds(pid: int) -> float:
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


@asynccontextmanager
async def api_process(engines: Stores) -> AsyncIterator[tuple[str, int]]:
    """`anlyt api`, when it answers: its URL and pid."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "anlyt", "api"),
        env=environment | engines.settings(),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    try:
        yield line.split()[1].rstrip(";"), process.pid
    finally:
        process.terminate()
        await process.wait()
