"""The datasets of maintenance: the clock, partitions, the dedup ledger and the rows of runs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg

from infra import nats
from infra.dedup import MAY_FORGET, dedup_memory, ledger_days
from infra.errors import AnlytError
from infra.partitions import ensure
from infra.postgres import Connection
from infra.sql import statement
from infra.telemetry import logger
from pipelines.datasets import StoreDataset
from pipelines.maintenance.nodes import Forgettable, Ledger
from pipelines.stores import Stores
from schema.partitions import Partition

SQL: Final = Path(__file__).parent / "sql"
FORGET_DAY: Final = statement(SQL, "forget_day")
FORGET_UNCOUNTED: Final = statement(SQL, "forget_uncounted")
FORGET_RUNS: Final = statement(SQL, "forget_runs")
STALE_RUNS: Final = statement(SQL, "stale_runs")

# While this waits for the table's lock, batches that claim wait, too. If it fails, the next day's run tries again.
LOCK_TIMEOUT: Final = "2s"


class LedgerInUseError(AnlytError):
    """The ledger's table could not be locked; the next run tries again."""


class Now(StoreDataset[None, datetime]):
    """The time, in UTC."""

    async def read(self, stores: Stores) -> datetime:
        return datetime.now(UTC)


class PartitionsAhead(StoreDataset[Sequence[Partition], None]):
    """Saving partitions creates the missing ones."""

    async def write(self, stores: Stores, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            await ensure(stores.postgres, partition)


class DedupLedger(StoreDataset[None, Ledger]):
    """The dedup ledger. Loading raises UsageError if ANLYT_DEDUP_DAYS is shorter than a stream's retention."""

    async def read(self, stores: Stores) -> Ledger:
        known_for = await _memory(stores)
        async with stores.postgres.acquire() as connection:
            return Ledger(await ledger_days(connection), datetime.now(UTC), known_for)


async def _memory(stores: Stores) -> timedelta | None:
    if stores.dedup_days == 0:
        return None
    async with nats.connect(stores.engines.nats) as client:
        known_for = await dedup_memory(client.jetstream(), stores.dedup_days)
    if known_for is None:
        logger().warning("the ledger forgets nothing", why="a stream keeps its messages without an age limit")
    return known_for


class ForgottenDays(StoreDataset[Forgettable, None]):
    """Saving days drops their ledger partitions, except days with newer claims, and forgets old uncounted messages.

    Does nothing while a backfill runs.
    """

    async def write(self, stores: Stores, unneeded: Forgettable) -> None:
        async with stores.postgres.acquire() as connection:
            for day in unneeded.days:
                if not await _forget(connection, day, unneeded.horizon):
                    logger().info("the ledger stays until the next run", why="a backfill runs")
                    return
            if unneeded.stored_before is not None:
                await _forget_uncounted(connection, unneeded.stored_before)


async def _forget(connection: Connection, day: date, horizon: datetime) -> bool:
    """Drops a day of the ledger. Returns False and does nothing while a backfill may redeliver its events."""
    try:
        async with connection.transaction():
            if not await connection.fetchval(MAY_FORGET):
                return False
            await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.execute(FORGET_DAY, day, horizon)
            return True
    except asyncpg.LockNotAvailableError as error:
        raise LedgerInUseError(
            f"processed_events could not be locked within {LOCK_TIMEOUT}; {day} is still in it."
        ) from error


async def _forget_uncounted(connection: Connection, stored_before: datetime) -> None:
    """Forgets which old messages were not counted; their sums stay. Does nothing while a backfill runs."""
    async with connection.transaction():
        if await connection.fetchval(MAY_FORGET):
            await connection.execute(FORGET_UNCOUNTED, stored_before)


class StaleRuns(StoreDataset[None, Sequence[int]]):
    """The ids of runs whose rows are to be deleted."""

    async def read(self, stores: Stores) -> Sequence[int]:
        return [row["id"] for row in await stores.postgres.fetch(STALE_RUNS)]


class ForgottenRuns(StoreDataset[Sequence[int], None]):
    """Saving the ids of runs deletes their rows."""

    async def write(self, stores: Stores, ids: Sequence[int]) -> None:
        await stores.postgres.execute(FORGET_RUNS, ids)
