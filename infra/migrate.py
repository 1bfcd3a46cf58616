"""Applies numbered DDL, once each, in order; a file that was applied may never change afterwards."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, Protocol

import asyncpg
from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.cluster import statements
from infra.errors import AnlytError, MisconfiguredError
from infra.faults import POSTGRES, UNMIGRATED
from infra.postgres import Connection

SCHEMA: Final = Path(__file__).resolve().parent.parent / "schema"
LOCK_WAIT: Final = "500ms"  # under PostgreSQL's deadlock_timeout
PAUSE: Final = 1.0  # seconds in which others go on
ATTEMPTS: Final = 200
StoreName = Literal["postgres", "clickhouse"]
APPLIED: Final = """
create table if not exists anlyt.schema_migrations (name String, checksum String, applied_at DateTime)
engine = ReplacingMergeTree order by name;
"""


@dataclass(frozen=True, slots=True)
class Step:
    """One DDL file, and whether the store has it."""

    store: StoreName
    name: str
    sql: str
    applied: bool

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


class ChangedStepError(AnlytError):
    """A file differs from what was applied under its name."""


class LockedError(AnlytError):
    """A step could not lock its tables."""


class Ledger(Protocol):
    """What a store remembers of its steps, and how it takes a further one."""

    async def applied(self) -> Mapping[str, str]:
        """Name -> checksum."""

    async def apply(self, step: Step) -> None: ...


async def steps(ledger: Ledger, store: StoreName) -> list[Step]:
    """Every step of a store in order; ChangedStepError when an applied file was edited."""
    applied = await ledger.applied()
    found = [
        Step(store, file.stem, file.read_text(encoding="utf-8"), file.stem in applied)
        for file in sorted((SCHEMA / store).glob("*.sql"))
    ]
    for step in found:
        if step.applied and applied[step.name] != step.checksum:
            raise ChangedStepError(f"{step.name}.sql is not what was applied to {store}; add a new file instead.")
    return found


async def migrate(ledger: Ledger, store: StoreName) -> AsyncIterator[Step]:
    """Applies what is missing; yields every step, told apart by whether it had been applied before."""
    for step in await steps(ledger, store):
        if not step.applied:
            await ledger.apply(step)
        yield step


class PostgresLedger:
    """Steps of PostgreSQL: each in a transaction with its own entry, one process at a time.

    Who reads a table that a step waits for waits behind it. So a step waits for LOCK_WAIT at most, and for less than
    PostgreSQL takes to end one of two that wait for each other; then it begins again.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def applied(self) -> Mapping[str, str]:
        if await self._connection.fetchval("select to_regclass('anlyt.schema_migrations')") is None:
            return {}
        rows = await self._connection.fetch("select name, checksum from anlyt.schema_migrations")
        return {row["name"]: row["checksum"] for row in rows}

    async def apply(self, step: Step) -> None:
        """LockedError if others hold its tables all the time."""
        for _ in range(ATTEMPTS):
            try:
                return await self._apply(step)
            except asyncpg.LockNotAvailableError:
                await asyncio.sleep(PAUSE)
        raise LockedError(
            f"{step.name}.sql needs tables that other transactions keep locked; it was tried {ATTEMPTS} times, and "
            "nothing is changed. End long transactions (pg_stat_activity has them), then run anlyt migrate again."
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
            if step.name in await self.applied():  # by another process, while this one waited
                return
            await self._connection.execute(step.sql)
            await self._connection.execute(
                "insert into anlyt.schema_migrations (name, checksum) values ($1, $2)", step.name, step.checksum
            )


class ClickHouseLedger:
    """Steps of ClickHouse, which has no transactions: a step killed half-way runs again, so it must bear that.

    With a `cluster`, they are applied on all of its servers.
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


async def fix_currency(connection: Connection, currency: str) -> None:
    """Remembers what `total_cost` counts in; MisconfiguredError if the database already counts in another currency."""
    _compare(
        currency,
        await connection.fetchval(
            "insert into anlyt.deployment (reporting_currency) values ($1) "
            "on conflict (only_row) do update set reporting_currency = anlyt.deployment.reporting_currency "
            "returning reporting_currency",
            currency,
        ),
    )


async def check_currency(connection: Connection, *, currency: str) -> None:
    """MisconfiguredError unless the database counts in `currency`; PostgreSQL's own if it is not migrated."""
    fixed = await connection.fetchval("select reporting_currency from anlyt.deployment")
    if fixed is None:
        raise MisconfiguredError(POSTGRES, UNMIGRATED.problem, "", UNMIGRATED.advice)
    _compare(currency, fixed)


def _compare(currency: str, fixed: str) -> None:
    if fixed != currency:
        raise MisconfiguredError(
            "ANLYT_REPORTING_CURRENCY",
            "the database counts in another currency",
            f"in {fixed}, not {currency}",
            f"Set it to {fixed}.",
        )
