"""Transfers days from PostgreSQL to ClickHouse. Wherever it is interrupted, nothing is lost or doubled.

1. It reads each day's rows in one snapshot, with the day's version.
2. It draws a number for the batch that the archive does not have, and writes the rows to ClickHouse under that number.
3. It reads the rows back and compares them with the written ones.
4. One transaction of PostgreSQL makes the batch valid and drops the rows, if all days still have their versions.

A reader's snapshot has either state of step 4, and it reads only rows of valid batches. A killed run's batch never
becomes valid; the next run removes it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import traced
from infra.errors import AnlytError
from infra.postgres import Connection
from infra.sql import statement
from pipelines.archive.days import hours_of
from pipelines.archive.rows import SUBJECT, VALUES, Rows, columns, digest, from_clickhouse, from_postgres, sums
from pipelines.datasets import HOLD_TABLES
from pipelines.rollup.datasets import LOCK_DAY, add_up
from pipelines.rollup.restatements import DayChangedError
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
CLEAN_VERSION: Final = statement(SQL, "clean_version")
HOURLY_ROWS: Final = statement(SQL, "hourly_rows")
DAILY_ROWS: Final = statement(SQL, "daily_rows")
BEGIN_BATCH: Final = statement(SQL, "begin_batch")
NEWEST_BATCH: Final = statement(SQL, "newest_batch")
FINISH_BATCH: Final = statement(SQL, "finish_batch")
ABANDON_BATCHES: Final = statement(SQL, "abandon_batches")
FORGET_BATCH: Final = statement(SQL, "forget_batch")
LOCK_VERSIONS: Final = statement(SQL, "lock_versions")
KEEP_OPERATORS: Final = statement(SQL, "keep_operators")
MARK_EMPTY: Final = statement(SQL, "mark_empty")
DROP_HOURLY: Final = tuple(statement(SQL, f"drop_hourly_{name}") for name in ("metrics", "costs"))
DROP_DAILY: Final = tuple(statement(SQL, f"drop_daily_{name}") for name in ("metrics", "costs"))
ARCHIVED: Final = {period: statement(SQL, f"archived_{period}") for period in ("hourly", "daily")}
DELETE: Final = {period: statement(SQL, f"delete_{period}") for period in ("hourly", "daily")}
BUCKET: Final = {"hourly": "hour_bucket", "daily": "day_bucket"}

ATTEMPTS: Final = 3  # for days that change during the transfer
# A cluster confirms a write when most replicas have it; graph/reports/reading/archive.py reads from one of these.
SETTINGS: Final = {"insert_quorum": "auto", "insert_quorum_parallel": 0}
CONSISTENT: Final = {"select_sequential_consistency": 1}


class ArchiveMismatchError(AnlytError):
    """The archive differs from the rows that were written to it."""


@dataclass(frozen=True, slots=True)
class DaySnapshot:
    """All rows that PostgreSQL has of a day, at one version."""

    day: dt.date
    version: int
    hourly: Rows
    daily: Rows


Chunk: TypeAlias = Sequence[DaySnapshot]  # ascending


async def transfer_days(stores: Stores, days: Sequence[dt.date]) -> bool:
    """Transfers days together; returns False if one changed during every attempt.

    Raises ArchiveMismatchError if the archive differs from the written rows.
    """
    for _ in range(ATTEMPTS):
        snapshots = [await read_day(stores, day) for day in sorted(days)]
        chunk = [day for day in snapshots if day is not None]
        if len(chunk) == len(snapshots) and await _archive(stores, chunk):
            return True
    return False


async def remove_abandoned(stores: Stores) -> None:
    """Removes the rows of killed runs from ClickHouse."""
    abandoned = await stores.postgres.fetch(ABANDON_BATCHES)
    if not abandoned:
        return
    client = await stores.clickhouse.client()
    for batch in abandoned:
        for period in BUCKET:
            with traced(DELETE[period]):
                await client.command(DELETE[period], parameters=dict(batch))
        await stores.postgres.execute(FORGET_BATCH, batch["batch"])


async def read_day(stores: Stores, day: dt.date) -> DaySnapshot | None:
    """The rows of a day, daily ones added up anew; None if the day changes meanwhile."""
    async with stores.postgres.acquire() as connection:
        try:
            async with connection.transaction():
                await add_up(connection, day)
        except DayChangedError:
            return None
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(HOLD_TABLES)
            version = await connection.fetchval(CLEAN_VERSION, day)
            if version is None:
                return None
            hourly = from_postgres(await connection.fetch(HOURLY_ROWS, *hours_of(day)))
            daily = from_postgres(await connection.fetch(DAILY_ROWS, day))
    return DaySnapshot(day, version, hourly, daily)


async def _archive(stores: Stores, chunk: Chunk) -> bool:
    client = await stores.clickhouse.client()
    batch = await _begin(stores, client, chunk)
    parameters = {"batch": batch, "first": chunk[0].day, "last": chunk[-1].day}
    for period, rows in (
        ("hourly", sorted(row for day in chunk for row in day.hourly)),
        ("daily", sorted(row for day in chunk for row in day.daily)),
    ):
        await _write(client, period, rows, batch)
        with traced(ARCHIVED[period]):
            archived = await client.query(ARCHIVED[period], parameters=parameters, settings=CONSISTENT)
        _compare(period, rows, from_clickhouse(archived.named_results()))
    for day in chunk:
        _check_sums(day)
    async with stores.postgres.acquire() as connection, connection.transaction():
        return await switch(connection, chunk, batch)


async def _begin(stores: Stores, client: AsyncClient, chunk: Chunk) -> int:
    """The number of a new batch. No row of the archive has it, even if PostgreSQL was restored to an earlier state."""
    with traced(NEWEST_BATCH):
        [[newest]] = (await client.query(NEWEST_BATCH, settings=CONSISTENT)).result_rows
    batch: int = await stores.postgres.fetchval(BEGIN_BATCH, [day.day for day in chunk], newest)
    return batch


async def _write(client: AsyncClient, period: str, rows: Rows, batch: int) -> None:
    table = f"metrics_{period}_archive"
    with traced(f"insert into anlyt.{table}"):
        await client.insert(
            table,
            columns(rows, batch),
            database="anlyt",
            column_names=[*SUBJECT, BUCKET[period], *VALUES, "batch"],
            column_oriented=True,
            settings=SETTINGS,
        )


def _compare(period: str, written: Rows, read_back: Rows) -> None:
    """Raises ArchiveMismatchError unless all rows are equal in every column."""
    if read_back != written:
        raise ArchiveMismatchError(
            f"ClickHouse returns other {period} rows ({len(read_back)}) than were written ({len(written)}); "
            "nothing was dropped from PostgreSQL."
        )


def _check_sums(day: DaySnapshot) -> None:
    if sums(day.hourly) != sums(day.daily):
        raise ArchiveMismatchError(f"The daily rows of {day.day} are not the sum of its hours; nothing was dropped.")


async def switch(connection: Connection, chunk: Chunk, batch: int) -> bool:
    """Makes the batch valid and drops the rows, within the caller's transaction.

    Returns False and changes nothing if a day has another version. Acquires locks in the order of the rollup and of
    ingest, so that they cannot deadlock.
    """
    for day in chunk:
        await connection.execute(LOCK_DAY, day.day)
    rows = await connection.fetch(LOCK_VERSIONS, [day.day for day in chunk])
    if [row["version"] for row in rows] != [day.version for day in chunk]:
        return False
    for day in chunk:
        await _drop(connection, day, batch)
    return True


async def _drop(connection: Connection, day: DaySnapshot, batch: int) -> None:
    figures = len(day.hourly), len(day.daily), sums(day.hourly)["total_messages"], digest(day.hourly, day.daily)
    if await connection.execute(FINISH_BATCH, batch, day.day, *figures) != "UPDATE 1":
        raise ArchiveMismatchError("Another run has abandoned the batch of this one; nothing was dropped.")
    await connection.execute(KEEP_OPERATORS, *hours_of(day.day))
    for drop in DROP_HOURLY:
        await connection.execute(drop, *hours_of(day.day))
    for drop in DROP_DAILY:
        await connection.execute(drop, day.day)
    await connection.execute(MARK_EMPTY, day.day)
