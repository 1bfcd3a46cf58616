"""A command as somebody sees it who starts it on a terminal."""

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
    """What was printed so far; a terminal has one stream for stdout and stderr."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.text = ""

    def read_until(self, wanted: str) -> None:
        """Fails if it does not come."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self._descriptor], [], [], 1)[0]:
                self.text += os.read(self._descriptor, 1 << 16).decode().replace("\r\n", "\n")

    def read_all(self) -> None:
        """What came until the command ended; Linux reports the end as an error."""
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
    """`anlyt` with a terminal of its own for all three streams; whatever is left of it at the end is killed."""
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
