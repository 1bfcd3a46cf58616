"""An engine's process under its keeper: starting, signalling and awaiting it.

It uses subprocess and plain pipes, not the event loop's: uvloop leaks its pipe ends into children, and asyncio's child
watchers depend on the loop's thread.
"""

import asyncio
import os
import pwd
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from subprocess import Popen
from typing import Literal

from infra.environment import is_foreign

KEEPER = Path(__file__).with_name("keeper.py")
PYTHONPATH = Path(__file__).parents[2]

# The caller's user; an ordinary user in a user namespace; the system's user `nobody`.
Identity = Literal["same", "namespace", "nobody"]


@dataclass(frozen=True)
class Launch:
    """A command to run; its first item is an absolute path.

    `environment`: variables to add to the caller's. `leftovers`: files outside the folder that the command leaves; the
    keeper removes them when the last process is gone.
    """

    command: Sequence[str | Path]
    identity: Identity = "same"
    environment: Mapping[str, str] = field(default_factory=dict)
    leftovers: Sequence[Path] = ()


class Report(asyncio.Protocol):
    """The keeper's messages. `pid`: the engine's, 0 if the keeper died first. `status`: the exit status, at the end."""

    def __init__(self, keeper: "Popen[bytes]") -> None:
        self._keeper = keeper
        self.pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.pid.set_result(int(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """Reads the keeper's exit status. The wait is short: the pipe closes when the keeper exits."""
        status = self._keeper.wait()
        self.status.set_result(128 - status if status < 0 else status)
        if not self.pid.done():
            self.pid.set_result(0)


@dataclass(frozen=True)
class Process:
    """`pid`: the engine's. `control`: the pipe to the keeper, which kills the engine's processes when it closes."""

    pid: int
    control: FileIO
    report: Report

    @property
    def running(self) -> bool:
        return not self.report.status.done()

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the engine. The keeper sends it, so it never hits another process with a reused pid."""
        with suppress(BrokenPipeError, ValueError):
            self.control.write(bytes([number]))

    def kill(self) -> None:
        """Kills all processes of the engine, without waiting; `ended` waits."""
        self.control.close()

    async def ended(self) -> int:
        """Waits until all processes are gone. Returns the engine's exit status, 128 + n after signal n."""
        status = await asyncio.shield(self.report.status)
        self.control.close()
        return status


async def start(launch: Launch, log: Path, *, inherit: Sequence[int] = ()) -> Process:
    """Runs the command in a session of its own, in the folder of `log`, and appends its output to `log`.

    `inherit`: file descriptors for the command. Relative paths of the command are relative to the folder.
    """
    keeper, control, reports = _launch(launch, log, inherit)
    try:
        loop = asyncio.get_running_loop()
        _, report = await loop.connect_read_pipe(lambda: Report(keeper), reports)
        return Process(await asyncio.shield(report.pid), control, report)
    except BaseException:  # a cancellation, too: closing the control ends the keeper
        control.close()
        raise


def _launch(launch: Launch, log: Path, inherit: Sequence[int]) -> tuple["Popen[bytes]", FileIO, FileIO]:
    keeper_input, control = _pipe()
    reports, keeper_output = _pipe()
    with keeper_input, keeper_output, log.open("ab") as output:
        keeper = Popen(
            [sys.executable, "-IS", KEEPER, *_arguments(launch), *launch.command],
            stdin=keeper_input,
            stdout=keeper_output,
            stderr=output,
            # Ctrl-C in the terminal must reach the owner alone, which stops its engines in order.
            start_new_session=True,
            pass_fds=inherit,
            cwd=log.parent,
            env={**_environment(), **launch.environment},
        )
    return keeper, control, reports


def _pipe() -> tuple[FileIO, FileIO]:
    reading, writing = os.pipe()
    return FileIO(reading), FileIO(writing, "w")


def _arguments(launch: Launch) -> Sequence[str]:
    leftovers = os.pathsep.join(map(str, launch.leftovers))
    if launch.identity == "same":
        return [launch.identity, "0", "0", leftovers]
    nobody = pwd.getpwnam("nobody")
    return [launch.identity, str(nobody.pw_uid), str(nobody.pw_gid), leftovers]


def _environment() -> dict[str, str]:
    """The caller's variables without those for engines and proxies, with a fixed locale, time zone and PYTHONPATH."""
    kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(PYTHONPATH)}
