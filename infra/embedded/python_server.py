"""The base of engines that are Python servers of our own."""

import signal
import sys
from pathlib import Path

from infra.embedded.process import Launch
from infra.embedded.recipe import StopMode

READY = "ready"  # file in the engine's folder; the server writes its pid there when it answers and is set up


class PythonServer:
    """Runs `python -m MODULE folder port`, which stops in order on SIGTERM."""

    module: str

    async def make(self, folder: Path, lock: int) -> None:
        """Does nothing: an empty folder suffices."""

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
        """Does nothing: the server creates its database itself."""

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        return signal.SIGTERM if mode == "clean" else signal.SIGKILL
