"""Processes that are started again when they end, as Kubernetes does with pods."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

import psutil

from tests.support.forked import FORK
from tests.support.worker import wait_for_exit

PAUSE: Final = 0.5  # seconds between an end and the next start
PATIENCE: Final = 60.0  # seconds until a process ends after SIGTERM; then it is killed, as a pod is


def execute(command: Sequence[str], log: Path) -> None:
    """Replaces this process by a program."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for each in (1, 2):
        os.dup2(descriptor, each)
    os.execv(command[0], [*command])


def program(command: Sequence[str | Path], log: Path) -> Callable[[], BaseProcess]:
    """What starts a program with its output in `log`."""

    def start() -> BaseProcess:
        process = FORK.Process(target=execute, args=([str(each) for each in command], log))
        process.start()
        return process

    return start


@dataclass
class Supervised:
    """One process at a time. `ends`: how often it ended by itself, by exit status."""

    name: str
    launch: Callable[[], BaseProcess]
    ends: Counter[int] = field(default_factory=Counter)
    _process: BaseProcess | None = None
    _task: asyncio.Task[None] | None = None
    _is_expected: bool = False

    @property
    def processes(self) -> Sequence[psutil.Process]:
        """The process, and its children; none while it is not running."""
        return tree(self._pid)

    def start(self) -> None:
        self._task = asyncio.create_task(self._supervise())

    def end(self, number: signal.Signals) -> None:
        """Sends the signal, which is expected to end it; the next one starts afterwards."""
        self._is_expected = True
        for each in self.processes[:1]:
            _signal(each, number)

    async def freeze(self, seconds: float) -> None:
        """Suspends the process: its connections stay open, and it answers none."""
        frozen = self.processes
        for each in frozen:
            _signal(each, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        for each in frozen:
            _signal(each, signal.SIGCONT)

    async def stop(self) -> None:
        """Ends it for good: with SIGTERM, and after PATIENCE with SIGKILL."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is None or self._process.exitcode is not None:
            return
        self._process.terminate()
        try:
            async with asyncio.timeout(PATIENCE):
                await wait_for_exit(self._process)
        except TimeoutError:
            self.ends[-signal.SIGKILL] += 1
            self._process.kill()
            await wait_for_exit(self._process)

    @property
    def _pid(self) -> int:
        return self._process.pid or -1 if self._process is not None else -1

    async def _supervise(self) -> None:
        while True:
            self._is_expected = False
            self._process = self.launch()
            status = await wait_for_exit(self._process)
            if not self._is_expected:
                self.ends[status] += 1
            await asyncio.sleep(PAUSE)


def tree(pid: int) -> Sequence[psutil.Process]:
    """A process and its children; none if it has ended."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except (psutil.NoSuchProcess, ValueError):
        return []


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
