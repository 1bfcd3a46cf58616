"""What the kinds of engine differ in."""

import signal
from pathlib import Path
from typing import Literal, Protocol

from infra.embedded.process import Launch

EngineName = Literal["nats", "postgres", "clickhouse", "s3"]

# clean: in order; immediate: at once, leaving recovery to the next start.
StopMode = Literal["clean", "immediate"]


class Recipe(Protocol):
    """Every `folder` here is absolute, exists, and belongs to this process (`lock` is the proof, to be inherited)."""

    @property
    def name(self) -> EngineName: ...

    @property
    def address(self) -> str:
        """With `{port}` in it."""
        ...

    async def make(self, folder: Path, lock: int) -> None:
        """Fills an empty folder. EngineFailedError."""

    def prepare(self, folder: Path, port: int) -> None:
        """Writes what a start needs and removes what a crash left."""

    def launch(self, folder: Path, port: int) -> Launch:
        """The process that is the engine. It runs in `folder`."""
        ...

    def is_ready(self, folder: Path, pid: int) -> bool:
        """Whether process `pid`, and not another on the same port, takes connections."""
        ...

    async def settle(self, port: int) -> None:
        """What has to be done over a connection before anybody else has one."""

    def stop_signal(self, mode: StopMode) -> signal.Signals: ...
