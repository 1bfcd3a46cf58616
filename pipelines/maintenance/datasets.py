"""What maintenance looks at, and what it changes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import asyncpg

from infra import nats
from infra.dedup import check_memory, ledger_days
from infra.errors import AnlytError
from infra.postgres import Connection, statement
from pipelines.datasets import StoreDataset
from pipelines.maintenance.chores import Forgettable, Ledger, Partition
from pipelines.stores import Stores
from schema.dedup import memory
from schema.streams import BILLING_EVENTS, SMS_DLR

SQL: Final = Path(__file__).parent / "sql"
ENSURE_PARTITION: Final = statement(SQL, "ensure_partition")
FORGET_DAY: Final = statement(SQL, "forget_day")
FORGET_RUNS: Final = statement(SQL, "forget_runs")
STALE_RUNS: Final = statement(SQL, "stale_runs")

# Batches that claim wait as long as we do for the table, so that is not long: tomorrow is another day.
LOCK_TIMEOUT: Final = "2s"
CLAIMED: Final = (BILLING_EVENTS, SMS_DLR)  # the streams whose events the ledger tells apart


class LedgerInUseError(AnlytError):
    """The ledger was not free for a moment; the next run tries again."""


class Now(StoreDataset[None, datetime]):
    """What time it is."""

    async def read(self, stores: Stores) -> datetime:
        return datetime.now(UTC)


class Partitions(StoreDataset[Sequence[Partition], None]):
    """Saved partitions are there. Each in a transaction of its own: locks are held briefly, and few at a time."""

    async def write(self, stores: Stores, partitions: Sequence[Partition]) -> None:
        for partition in partitions:
            await stores.postgres.execute(ENSURE_PARTITION, *partition)


class DedupLedger(StoreDataset[None, Ledger]):
    """The ledger. UsageError if a stream could deliver what the ledger is about to forget."""

    async def read(self, stores: Stores) -> Ledger:
        if stores.dedup_days:
            async with nats.connect(stores.engines.nats) as client:
                await check_memory(client.jetstream(), CLAIMED, stores.dedup_days)
        async with stores.postgres.acquire() as connection:
            return Ledger(await ledger_days(connection), datetime.now(UTC), memory(stores.dedup_days))


class ForgottenDays(StoreDataset[Forgettable, None]):
    """Saved days have no partition in the ledger any more, unless somebody claimed in them meanwhile."""

    async def write(self, stores: Stores, unneeded: Forgettable) -> None:
        async with stores.postgres.acquire() as connection:
            for day in unneeded.days:
                await _forget(connection, day, unneeded.horizon)


async def _forget(connection: Connection, day: date, horizon: datetime) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            await connection.execute(FORGET_DAY, day, horizon)
    except asyncpg.LockNotAvailableError as error:
        raise LedgerInUseError(f"processed_events was not free within {LOCK_TIMEOUT}; {day} is still in it.") from error


class StaleRuns(StoreDataset[None, Sequence[int]]):
    """The ids of runs to be forgotten."""

    async def read(self, stores: Stores) -> Sequence[int]:
        return [row["id"] for row in await stores.postgres.fetch(STALE_RUNS)]


class ForgottenRuns(StoreDataset[Sequence[int], None]):
    """Saved runs are gone."""

    async def write(self, stores: Stores, ids: Sequence[int]) -> None:
        await stores.postgres.execute(FORGET_RUNS, ids)
