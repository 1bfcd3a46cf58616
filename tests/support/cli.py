"""`anlyt` as a user runs it: a process in a folder, with settings."""

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
    """No setting of the outside comes in; ports are free ones."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    ports = dict.fromkeys(["ANLYT_API_PORT", "ANLYT_METRICS_PORT", "ANLYT_AUDIT_PORT"], "0")
    own = {"ANLYT_HOME": str(folder / "home"), **ports}
    return clean | own | dict(settings)


def anlyt(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return command.run_command(arguments, environment(folder, settings), PATIENCE)


@dataclass(frozen=True, slots=True)
class Running:
    """A service that runs, with all its processes."""

    process: subprocess.Popen[str]
    home: Path

    def endpoints(self) -> Endpoints:
        """Waits until the service has written them."""
        deadline = time.monotonic() + PATIENCE
        while not (file := self.home / "endpoints.json").exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "no endpoints.json"
            time.sleep(0.05)
        return msgspec.json.decode(file.read_bytes(), type=Endpoints)

    def family(self) -> list[psutil.Process]:
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """The exit status; fails if any process of the family outlives it."""
        family = self.family()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        _, alive = psutil.wait_procs(family[1:], timeout=60)
        assert not alive
        return status


@contextmanager
def running(
    folder: Path, *arguments: str, program: Sequence[str] = ("-m", "anlyt"), **settings: str
) -> Iterator[Running]:
    """A command that runs until it is stopped; whatever is left of it at the end is killed."""
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
