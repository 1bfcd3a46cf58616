"""A base backup of PostgreSQL with its archived WAL, and a server that is restored from both to a point in time."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.embedded import process
from infra.embedded.engine import Engine
from infra.embedded.postgres import Postgres, binaries, owner
from tests.support.database import connected

PATIENCE: Final = 60  # seconds until WAL is archived, on a busy machine
ARCHIVED: Final = "select last_archived_wal >= $1 from pg_stat_archiver"


@dataclass(frozen=True)
class Backup:
    """`base`: a folder with the base backup in `data`. `wal`: the folder of archived WAL."""

    base: Path
    wal: Path

    def settings(self) -> dict[str, str]:
        """The settings of a server that archives its WAL here."""
        return {"archive_mode": "on", "archive_command": f"cp %p {self.wal}/%f"}

    async def take(self, engine: Engine) -> None:
        """Makes the base backup of a running server."""
        command = [f"--dbname={engine.dsn}", "--pgdata=data", "--checkpoint=fast", "--no-sync", "--wal-method=none"]
        launch = process.Launch([binaries() / "pg_basebackup", *command], owner(engine.folder / "data"))
        copying = await process.start(launch, self.base / "basebackup.log")
        assert await copying.ended() == 0, (self.base / "basebackup.log").read_text()

    async def complete(self, engine: Engine) -> None:
        """Waits until all that the server has written is archived."""
        async with connected(engine.dsn) as connection, asyncio.timeout(PATIENCE):
            newest = await connection.fetchval("select pg_walfile_name(pg_switch_wal())")
            while not await connection.fetchval(ARCHIVED, newest):
                await asyncio.sleep(0.05)


def make_backup(folder: Path) -> Backup:
    """Folders for a backup, in which the server's user may write."""
    backup = Backup(folder / "base", folder / "wal")
    for each in (backup.base, backup.wal):
        each.mkdir(mode=0o777)
        each.chmod(0o777)
    return backup


@dataclass(frozen=True)
class Restored(Postgres):
    """The server as it was at the time `until`."""

    backup: Backup = Backup(Path(), Path())
    until: str = ""

    async def make(self, folder: Path, lock: int) -> None:
        if (folder / "data").exists():
            return
        self._copy(folder / "data")

    def _copy(self, data: Path) -> None:
        """Copies the base backup with its owners, and says how to recover."""
        subprocess.run(["cp", "-a", self.backup.base / "data", data], check=True)
        # The server's user owns the copy of a file, too.
        subprocess.run(["cp", "-a", data / "PG_VERSION", data / "recovery.signal"], check=True)
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write(f"restore_command = 'cp {self.backup.wal}/%f %p'\n")
            file.write(f"recovery_target_time = '{self.until}'\nrecovery_target_action = 'promote'\n")

    async def settle(self, port: int) -> None:
        """Waits until the server accepts writes: it does after it has reached the point and was promoted."""
        async with connected(self.address.format(port=port)) as connection, asyncio.timeout(PATIENCE):
            while await connection.fetchval("select pg_is_in_recovery()"):
                await asyncio.sleep(0.05)
