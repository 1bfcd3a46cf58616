"""The datasets of the archive: old days, transferred days and old partitions."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import asyncpg

from infra.sql import statement
from infra.telemetry import logger
from pipelines.archive.days import Days, OldDay, OldPartition, first_kept_day
from pipelines.archive.transfer import remove_abandoned, transfer_days
from pipelines.datasets import StoreDataset
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
OLD_DAYS: Final = statement(SQL, "old_days")
OLD_PARTITIONS: Final = statement(SQL, "old_partitions")
DROP_PARTITION: Final = statement(SQL, "drop_partition")
# Dropping a partition takes locks that reports and ingest wait for.
LOCK_TIMEOUT: Final = "set local lock_timeout = '500ms'"


class OldDays(StoreDataset[None, Sequence[OldDay]]):
    """The days whose rows have to leave PostgreSQL. Loading them first removes what killed runs left in ClickHouse."""

    async def read(self, stores: Stores) -> Sequence[OldDay]:
        await remove_abandoned(stores)
        return [OldDay(*row) for row in await stores.postgres.fetch(OLD_DAYS, first_kept_day())]


class TransferredDays(StoreDataset[Days, Days]):
    """Saving days transfers them together; loading gives the days that this run transferred."""

    def __init__(self) -> None:
        self._transferred: list[dt.date] = []

    async def write(self, stores: Stores, days: Days) -> None:
        if await transfer_days(stores, days):
            self._transferred += days
        else:
            logger().warning("days keep changing and stay until the next run", first=str(days[0]), last=str(days[-1]))

    async def read(self, stores: Stores) -> Days:
        return self._transferred


class OldPartitions(StoreDataset[OldPartition, Sequence[OldPartition]]):
    """The partitions of old months; saving one drops it if it is empty."""

    async def read(self, stores: Stores) -> Sequence[OldPartition]:
        return [OldPartition(*row) for row in await stores.postgres.fetch(OLD_PARTITIONS, first_kept_day())]

    async def write(self, stores: Stores, partition: OldPartition) -> None:
        async with stores.postgres.acquire() as connection:
            try:
                async with connection.transaction():
                    await connection.execute(LOCK_TIMEOUT)
                    await connection.execute(DROP_PARTITION, *partition)
            except asyncpg.LockNotAvailableError:
                logger().info("a partition is in use and stays until the next run", partition=partition.name)
