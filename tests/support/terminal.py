"""Runs a command on a terminal and reads its screen."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.cli import PATIENCE, Running


class Screen:
    """The text printed so far. A terminal has one stream for stdout and stderr."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def read_until(self, wanted: str) -> None:
        """Reads until the text contains `wanted`. Fails after PATIENCE seconds."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self._descriptor], [], [], 1)[0]:
                self.text += os.read(self._descriptor, 1 << 16).decode().replace("\r\n", "\n")

    def read_all(self) -> None:
        """Reads until the command ends, which Linux reports as an error."""
        with suppress(OSError):
            while more := os.read(self._descriptor, 1 << 16):
                self.text += more.decode(errors="replace").replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        return self.text.rstrip().splitlines()


@contextmanager
def on_terminal(
    home: Path, *arguments: str, environment: Mapping[str, str], program: Sequence[str] = ("-m", "anlyt")
) -> Iterator[tuple[Running, Screen]]:
    """Runs `anlyt` with a new terminal for all three streams; kills it after the body."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, *program, *arguments],
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        text=True,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield Running(process, home), Screen(ours)
        finally:
            process.kill()
            os.close(ours)
