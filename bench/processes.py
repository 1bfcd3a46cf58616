"""Starts the product's processes, and measures the CPU time and memory of process trees."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import psutil

from bench.stores import Stores
from infra.tls import TlsFiles


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system seconds of these processes and their descendants so far, ended children included."""
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


def peak_memory(pid: int) -> int:
    """The highest resident memory of a process so far, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def api_process(engines: Stores) -> AbstractAsyncContextManager[tuple[str, int]]:
    """Runs `anlyt api`; yields its URL and pid when it accepts requests."""
    return _process(("anlyt", "api"), engines.settings())


def bare_process(engines: Stores) -> AbstractAsyncContextManager[tuple[str, int]]:
    """Runs `bench.bare`; yields its URL and pid when it accepts requests."""
    return _process(("bench.bare",), engines.settings())


def audit_process(engines: Stores, files: TlsFiles) -> AbstractAsyncContextManager[tuple[str, int]]:
    """Runs `anlyt audit-api`; yields its URL and pid when it accepts requests."""
    tls = {"CERT": files.tls_cert, "KEY": files.tls_key, "CLIENT_CA": files.tls_client_ca}
    settings = {f"ANLYT_TLS_{name}": str(path) for name, path in tls.items()}
    return _process(("anlyt", "audit-api"), engines.settings() | settings | {"ANLYT_AUDIT_PORT": "0"})


@asynccontextmanager
async def _process(command: Sequence[str], settings: Mapping[str, str]) -> AsyncIterator[tuple[str, int]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env={**environment, **settings},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    try:
        yield line.split()[1].rstrip(";"), process.pid
    finally:
        process.terminate()
        await process.wait()
