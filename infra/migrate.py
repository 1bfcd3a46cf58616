"""Applies the numbered DDL files in order, each once. An applied file must never change."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, Protocol

import asyncpg
from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.cluster import statements
from infra.errors import AnlytError
from infra.postgres import Connection

SCHEMA: Final = Path(__file__).resolve().parent.parent / "schema"
LOCK_WAIT: Final = "500ms"  # shorter than PostgreSQL's deadlock_timeout
PAUSE: Final = 1.0  # seconds between attempts, for other transactions
ATTEMPTS: Final = 200
StoreName = Literal["postgres", "clickhouse"]
APPLIED: Final = """
create table if not exists anlyt.schema_migrations (name String, checksum String, applied_at DateTime)
engine = ReplacingMergeTree order by name;
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One DDL file. `applied`: whether the store has it."""

    store: StoreName
    name: str
    sql: str
    applied: bool

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


class ChangedStepError(AnlytError):
    """An applied DDL file was edited."""


class LockedError(AnlytError):
    """A step could not lock its tables in any attempt."""


class Ledger(Protocol):
    """A store's record of applied steps."""

    async def applied(self) -> Mapping[str, str]:
        """Name -> checksum of each applied step."""

    async def apply(self, step: Step) -> None: ...


async def steps(ledger: Ledger, store: StoreName) -> list[Step]:
    """All steps of a store in order. Raises ChangedStepError if an applied file was edited."""
    applied = await ledger.applied()
    all_steps = [
        Step(store, file.stem, file.read_text(encoding="utf-8"), file.stem in applied)
        for file in sorted((SCHEMA / store).glob("*.sql"))
    ]
    for step in all_steps:
        if step.applied and applied[step.name] != step.checksum:
            raise ChangedStepError(
                f"{step.name}.sql was changed after it was applied to {store}; undo the change and add a new file."
            )
    return all_steps


async def migrate(ledger: Ledger, store: StoreName) -> AsyncIterator[Step]:
    """Applies the missing steps. Yields all steps; `applied` says whether a step was applied before."""
    for step in await steps(ledger, store):
        if not step.applied:
            await ledger.apply(step)
        yield step


class PostgresLedger:
    """Steps of PostgreSQL: each runs in one transaction with its own record, in one process at a time.

    Readers of a table queue behind a step that waits for the table's lock. So a step waits for LOCK_WAIT at most, which
    is less than the deadlock detection takes; then it starts again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def applied(self) -> Mapping[str, str]:
        if await self._connection.fetchval("select to_regclass('anlyt.schema_migrations')") is None:
            return {}
        rows = await self._connection.fetch("select name, checksum from anlyt.schema_migrations")
        return {row["name"]: row["checksum"] for row in rows}

    async def apply(self, step: Step) -> None:
        """Applies one step. Raises LockedError if other transactions hold its tables in all attempts."""
        for _ in range(ATTEMPTS):
            try:
                return await self._apply(step)
            except asyncpg.LockNotAvailableError:
                await asyncio.sleep(PAUSE)
        raise LockedError(
            f"{step.name}.sql needs tables that other transactions keep locked; it was tried {ATTEMPTS} times, and "
            "changed nothing. End long transactions (pg_stat_activity lists them), then run anlyt migrate again."
        )

    async def _apply(self, step: Step) -> None:
        async with self._connection.transaction():
            await self._connection.execute("select pg_advisory_xact_lock(hashtext('anlyt.migrate'))")
            await self._connection.execute(f"set local lock_timeout = '{LOCK_WAIT}'")
            await self._connection.execute("create schema if not exists anlyt")
            await self._connection.execute(
                "create table if not exists anlyt.schema_migrations "
                "(name text primary key, checksum text not null, applied_at timestamptz not null default now())"
            )
            if step.name in await self.applied():  # another process applied it while this one waited
                return
            await self._connection.execute(step.sql)
            await self._connection.execute(
                "insert into anlyt.schema_migrations (name, checksum) values ($1, $2)", step.name, step.checksum
            )


class ClickHouseLedger:
    """Steps of ClickHouse, on all servers of `cluster` if one is given.

    ClickHouse has no transactions: a killed step runs again, so each step must be repeatable.
    """

    def __init__(self, client: AsyncClient, cluster: str | None = None) -> None:
        self._client, self._cluster = client, cluster

    async def applied(self) -> Mapping[str, str]:
        exists = await self._client.command("exists table anlyt.schema_migrations")
        if not int(str(exists)):
            return {}
        result = await self._client.query("select name, checksum from anlyt.schema_migrations final")
        return {str(name): str(checksum) for name, checksum in result.result_rows}

    async def apply(self, step: Step) -> None:
        for statement in statements(step.sql + APPLIED, self._cluster):
            await self._client.command(statement)
        await self._client.command(
            "insert into anlyt.schema_migrations select {name:String}, {checksum:String}, now()",
            parameters={"name": step.name, "checksum": step.checksum},
        )
