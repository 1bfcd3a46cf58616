"""A PostgreSQL primary and a standby that follows it by streaming replication."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.embedded import process
from infra.embedded.engine import Engine, started
from infra.embedded.postgres import Postgres, binaries, owner, postgres_server
from infra.migrate import PostgresLedger, migrate
from infra.reporting_currency import record_currency
from tests.support.database import connected

PATIENCE: Final = 60  # seconds until the standby has caught up or is promoted, on a busy machine
CAUGHT_UP: Final = "select count(*) from pg_stat_replication where replay_lsn >= $1::text::pg_lsn"


@dataclass(frozen=True)
class Standby(Postgres):
    """A copy of the server at `primary`, whose files are in `source`."""

    primary: str = ""
    source: Path = Path()

    async def make(self, folder: Path, lock: int) -> None:
        if (folder / "data").exists():
            return
        command = ["pg_basebackup", f"--dbname={self.primary}", "--pgdata=data", "--write-recovery-conf"]
        options = ["--checkpoint=fast", "--no-sync", "--wal-method=stream"]
        launch = process.Launch([binaries() / command[0], *command[1:], *options], owner(self.source / "data"))
        copying = await process.start(launch, folder / "basebackup.log", inherit=[lock])
        assert await copying.ended() == 0, (folder / "basebackup.log").read_text()

    async def settle(self, port: int) -> None:
        """Does nothing: the primary has what users expect."""


@dataclass(frozen=True)
class Pair:
    """Both servers, with a migrated database. `dsn` leads to the one that accepts writes."""

    primary: Engine
    standby: Engine

    @property
    def dsn(self) -> str:
        hosts = f"127.0.0.1:{self.primary.port},127.0.0.1:{self.standby.port}"
        return f"postgresql://anlyt@{hosts}/anlyt?target_session_attrs=read-write"

    async def wait_for_standby(self) -> None:
        """Waits until the standby has replayed all that the primary has written so far."""
        async with connected(self.primary.dsn) as connection, asyncio.timeout(PATIENCE):
            position = await connection.fetchval("select pg_current_wal_lsn()::text")
            while not await connection.fetchval(CAUGHT_UP, position):
                await asyncio.sleep(0.02)

    async def wait_for_commits(self) -> None:
        """Makes the primary's commits wait for the standby from now on."""
        async with connected(self.primary.dsn) as connection:
            await connection.execute("alter system set synchronous_standby_names = '*'")
            await connection.execute("select pg_reload_conf()")

    async def disconnect(self) -> None:
        """Ends the replication, as a broken network does: the standby receives nothing more."""
        async with connected(self.standby.dsn) as connection, asyncio.timeout(PATIENCE):
            await connection.execute("alter system set primary_conninfo = ''")
            await connection.execute("select pg_reload_conf()")
            while await connection.fetchval("select count(*) from pg_stat_wal_receiver"):
                await asyncio.sleep(0.02)

    async def promote(self) -> None:
        """Makes the standby a primary. The old one has to be gone: nothing else keeps it from accepting writes."""
        async with connected(self.standby.dsn) as connection:
            assert await connection.fetchval("select pg_promote(wait_seconds => $1)", PATIENCE)


@asynccontextmanager
async def postgres_pair(folder: Path) -> AsyncIterator[Pair]:
    """Runs both servers while the body runs."""
    async with postgres_server(folder / "primary") as primary:
        async with connected(primary.dsn) as connection:
            async for _ in migrate(PostgresLedger(connection), "postgres"):
                pass
            await record_currency(connection, "USD")
        recipe = Standby(primary=primary.dsn, source=folder / "primary")
        async with started(recipe, (folder / "standby").absolute(), 0) as standby:
            yield Pair(primary, standby)
