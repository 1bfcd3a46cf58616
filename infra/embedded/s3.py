"""S3: moto's server, in a process of its own, with its objects in a folder."""

import signal
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.embedded.engine import Engine, started
from infra.embedded.process import Identity
from infra.embedded.recipe import EngineName, StopMode

BUCKET: Final = "anlyt"


@dataclass(frozen=True)
class S3Server:
    """It takes any keys; those in its address are for clients that cannot do without."""

    name: EngineName = "s3"
    address: str = f"http://anlyt:anlyt@127.0.0.1:{{port}}/{BUCKET}"

    async def make(self, folder: Path, lock: int) -> None:
        """An empty folder will do."""

    def prepare(self, folder: Path, port: int) -> None:
        (folder / "ready").unlink(missing_ok=True)
        (folder / "objects" / BUCKET).mkdir(parents=True, exist_ok=True)

    def command(self, folder: Path, port: int) -> Sequence[str | Path]:
        return [sys.executable, "-P", "-m", "infra.embedded.s3_server", folder, str(port)]

    def identity(self, folder: Path) -> Identity:
        return "same"

    def is_ready(self, folder: Path, pid: int) -> bool:
        """The server writes this file when it listens and has its objects again."""
        try:
            return (folder / "ready").read_text() == str(pid)
        except FileNotFoundError:
            return False

    async def settle(self, port: int) -> None:
        """The server makes the bucket itself."""

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        return signal.SIGTERM if mode == "clean" else signal.SIGKILL


def s3_server(folder: Path, port: int = 0) -> AbstractAsyncContextManager[Engine]:
    """S3 on 127.0.0.1 with a bucket `anlyt`, its objects kept in `folder`; port 0 picks one.

    FolderInUseError, EngineFailedError.
    """
    return started(S3Server(), folder.absolute(), port)
