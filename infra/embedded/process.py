"""An engine's process under its keeper: started, signalled, awaited.

With subprocess and plain pipes, as neither the event loop's kind (uvloop leaks its own ends of pipes into children)
nor the thread it runs in (asyncio's watchers of children) shall matter.
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

# The caller's own user; an ordinary user by way of a user namespace; the system's user of that name.
Identity = Literal["same", "namespace", "nobody"]


@dataclass(frozen=True)
class Launch:
    """What to run: a command, an absolute path first.

    `environment`: variables beside the caller's. `leftovers`: files that the command leaves outside its folder, to be
    removed when its last process is gone.
    """

    command: Sequence[str | Path]
    identity: Identity = "same"
    environment: Mapping[str, str] = field(default_factory=dict)
    leftovers: Sequence[Path] = ()


class Report(asyncio.Protocol):
    """What comes from the keeper: `pid`, the engine's (0: the keeper died first), and at the end `status`."""

    def __init__(self, keeper: "Popen[bytes]") -> None:
        self._keeper = keeper
        self.pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.pid.set_result(int(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """The keeper's end of the pipe closes as it exits, so this waits for moments."""
        status = self._keeper.wait()
        self.status.set_result(128 - status if status < 0 else status)
        if not self.pid.done():
            self.pid.set_result(0)


@dataclass(frozen=True)
class Process:
    """`pid` is the engine's own. `control` is the pipe whose end, however it comes, kills the engine's processes."""

    pid: int
    control: FileIO
    report: Report

    @property
    def running(self) -> bool:
        return not self.report.status.done()

    def signal(self, number: signal.Signals) -> None:
        """Sent by the keeper, so that it never meets another process which got the same pid."""
        with suppress(BrokenPipeError, ValueError):
            self.control.write(bytes([number]))

    def kill(self) -> None:
        """Returns at once; `ended` says when nothing is left."""
        self.control.close()

    async def ended(self) -> int:
        """The engine's exit status, 128 + n after signal n, once its last process is gone."""
        status = await asyncio.shield(self.report.status)
        self.control.close()
        return status


async def start(launch: Launch, log: Path, *, inherit: Sequence[int] = ()) -> Process:
    """Runs the command in a session of its own, in the folder of `log`.

    Its output is appended to `log`. It can call its files by names that have nothing of the folder's in them.
    """
    keeper, control, reports = _launch(launch, log, inherit)
    try:
        loop = asyncio.get_running_loop()
        _, report = await loop.connect_read_pipe(lambda: Report(keeper), reports)
        return Process(await asyncio.shield(report.pid), control, report)
    except BaseException:  # also a cancellation: the keeper ends with its control
        control.close()
        raise


def _launch(launch: Launch, log: Path, inherit: Sequence[int]) -> tuple["Popen[bytes]", FileIO, FileIO]:
    hearing, control = _pipe()
    reports, telling = _pipe()
    with hearing, telling, log.open("ab") as output:
        keeper = Popen(
            [sys.executable, "-IS", KEEPER, *_arguments(launch), *launch.command],
            stdin=hearing,
            stdout=telling,
            stderr=output,
            # Ctrl-C in the terminal is for the owner, who stops its engines in order.
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
    """The caller's, without what steers engines and proxies; one locale, one time zone, and our code to import."""
    kept = {name: value for name, value in os.environ.items() if not is_foreign(name)}
    return kept | {"LC_ALL": "C.UTF-8", "TZ": "UTC", "PYTHONPATH": str(PYTHONPATH)}
