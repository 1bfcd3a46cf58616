"""Runs `anlyt` as a user does: in a process, with settings."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

from infra.endpoints import Endpoints
from tests.support import command

PATIENCE = 120.0


def environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process: free ports and `settings`, without ANLYT_* variables of this process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    ports = dict.fromkeys(["ANLYT_API_PORT", "ANLYT_METRICS_PORT", "ANLYT_AUDIT_PORT"], "0")
    defaults = {"ANLYT_HOME": str(folder / "home"), **ports}
    return clean | defaults | dict(settings)


def anlyt(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command until it ends."""
    return command.run_command(arguments, environment(folder, settings), PATIENCE)


@dataclass(frozen=True, slots=True)
class Running:
    """A running service, with all its processes."""

    process: subprocess.Popen[str]
    home: Path

    def endpoints(self) -> Endpoints:
        """The service's endpoints. Waits until it has written them."""
        deadline = time.monotonic() + PATIENCE
        while not (file := self.home / "endpoints.json").exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "There is no endpoints.json."
            time.sleep(0.05)
        return msgspec.json.decode(file.read_bytes(), type=Endpoints)

    def processes(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stops the service; returns its exit status. Fails if any of its processes is still alive."""
        processes = self.processes()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        _, alive = psutil.wait_procs(processes[1:], timeout=60)
        assert not alive
        return status


@contextmanager
def running(
    folder: Path, *arguments: str, program: Sequence[str] = ("-m", "anlyt"), **settings: str
) -> Iterator[Running]:
    """Starts a long-running command; kills it after the body."""
    with subprocess.Popen(
        [sys.executable, *program, *arguments],
        env=environment(folder, settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Running(process, folder / "home")
        finally:
            process.kill()
