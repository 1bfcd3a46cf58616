"""Starts the product's processes, and measures the CPU time and memory of process trees."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

import psutil

from bench.stores import Stores
from infra.tls import TlsFiles

NO_SETTINGS: Final[Mapping[str, str]] = MappingProxyType({})


class EndedError(Exception):
    """A process ended before the benchmark did."""


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


@dataclass(frozen=True, slots=True)
class Running:
    """A process, and what it says when it is ready."""

    process: Process
    line: str

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def url(self) -> str:
        """The address that the line begins with: "api: URL; metrics at URL"."""
        return self.line.split()[1].rstrip(";")

    @property
    def metrics(self) -> str:
        """The address that the line ends with."""
        return self.line.split()[-1]

    async def last_line(self) -> str:
        """Waits for the end of a process that should end, and returns what it says last. Raises EndedError."""
        assert self.process.stdout is not None
        lines = (await self.process.stdout.read()).decode().splitlines()
        if await self.process.wait() or not lines:
            raise EndedError(f"Process {self.pid} ended with status {self.process.returncode}.")
        return lines[-1]


@asynccontextmanager
async def api_process(engines: Stores) -> AsyncIterator[tuple[str, int]]:
    """Runs `anlyt api`; yields its URL and pid when it accepts requests."""
    async with running(("anlyt", "api"), engines.settings()) as process:
        yield process.url, process.pid


@asynccontextmanager
async def bare_process(engines: Stores) -> AsyncIterator[tuple[str, int]]:
    """Runs `bench.bare`; yields its URL and pid when it accepts requests."""
    async with running(("bench.bare",), engines.settings()) as process:
        yield process.url, process.pid


@asynccontextmanager
async def audit_process(engines: Stores, files: TlsFiles) -> AsyncIterator[tuple[str, int]]:
    """Runs `anlyt audit-api`; yields its URL and pid when it accepts requests."""
    tls = {"CERT": files.tls_cert, "KEY": files.tls_key, "CLIENT_CA": files.tls_client_ca}
    settings = {f"ANLYT_TLS_{name}": str(path) for name, path in tls.items()}
    async with running(("anlyt", "audit-api"), engines.settings() | settings | {"ANLYT_AUDIT_PORT": "0"}) as process:
        yield process.url, process.pid


@asynccontextmanager
async def running(
    command: Sequence[str],
    settings: Mapping[str, str] = NO_SETTINGS,
    *,
    ends: bool = False,
    log: IO[bytes] | None = None,
) -> AsyncIterator[Running]:
    """Runs `python -m COMMAND`; yields it when it has printed its first line. `log`: for its stderr.

    Raises EndedError if it ends before the body does, unless it `ends` by itself.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env={**environment, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=log,
    )
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        if not line:
            raise EndedError(f"{' '.join(command)} ended with status {await process.wait()}.")
        yield Running(process, line)
        if process.returncode is not None and not ends:
            raise EndedError(f"{' '.join(command)} ended with status {process.returncode}.")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
