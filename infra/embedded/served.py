"""What the engines have in common that are servers of our own, in Python."""

import signal
import sys
from pathlib import Path

from infra.embedded.process import Launch
from infra.embedded.recipe import StopMode

READY = "ready"  # in the engine's folder; the server writes its pid there when it answers, and has what it makes itself


class Served:
    """`python -m MODULE folder port`, which ends in order at SIGTERM."""

    module: str

    async def make(self, folder: Path, lock: int) -> None:
        """An empty folder will do."""

    def prepare(self, folder: Path, port: int) -> None:
        (folder / READY).unlink(missing_ok=True)

    def launch(self, folder: Path, port: int) -> Launch:
        return Launch([sys.executable, "-P", "-m", self.module, folder, str(port)])

    def is_ready(self, folder: Path, pid: int) -> bool:
        try:
            return (folder / READY).read_text() == str(pid)
        except FileNotFoundError:
            return False

    async def settle(self, port: int) -> None:
        """The server makes its database or bucket itself."""

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        return signal.SIGTERM if mode == "clean" else signal.SIGKILL
