"""The interface of an engine: the steps that differ between NATS, PostgreSQL, ClickHouse and S3."""

import signal
from pathlib import Path
from typing import Literal, Protocol

from infra.embedded.process import Launch

EngineName = Literal["nats", "postgres", "clickhouse", "s3"]

# clean: in order. immediate: without delay; the next start recovers.
StopMode = Literal["clean", "immediate"]


class Recipe(Protocol):
    """The steps of one kind of engine. `folder` is an absolute path, exists, and is locked by this process.

    `lock`: the descriptor of that lock, for child processes to inherit.
    """

    @property
    def name(self) -> EngineName: ...

    @property
    def address(self) -> str:
        """The engine's URL, with the placeholder `{port}`."""
        ...

    async def make(self, folder: Path, lock: int) -> None:
        """Fills an empty folder; does nothing to a filled one. Raises EngineFailedError."""

    def prepare(self, folder: Path, port: int) -> None:
        """Writes the files that a start needs, and removes those that a crash left."""

    def launch(self, folder: Path, port: int) -> Launch:
        """The command of the engine's process. It runs in `folder`."""
        ...

    def is_ready(self, folder: Path, pid: int) -> bool:
        """Whether process `pid`, and not another one on the same port, accepts connections."""
        ...

    async def settle(self, port: int) -> None:
        """Creates, over a connection, what users of the engine expect, such as its database."""

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        """The signal that stops the engine."""
        ...
