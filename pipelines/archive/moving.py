"""How a day moves: nothing is lost or doubled, wherever it is interrupted.

1. A number is drawn for the batch: nothing else was or will be written under it.
2. The day's rows are read in one snapshot, with the day's version, and written to the archive.
3. They are read back, and have to be the same.
4. One transaction of PostgreSQL makes the batch count and drops the rows, if the day is still at that version.

A reader sees either state of step 4 in its snapshot, and reads only rows of batches that count. What was written under
the number of a run that was killed never counts; the next run removes it.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.errors import AnlytError
from infra.postgres import Connection, statement
from pipelines.archive.days import hours_of
from pipelines.archive.rows import FIGURES, SUBJECT, Rows, columns, digest, from_clickhouse, from_postgres, sums
from pipelines.rollup.datasets import LOCK_DAY, add_up
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
CLEAN_VERSION: Final = statement(SQL, "clean_version")
HOURLY_ROWS: Final = statement(SQL, "hourly_rows")
DAILY_ROWS: Final = statement(SQL, "daily_rows")
BEGIN_BATCH: Final = statement(SQL, "begin_batch")
FINISH_BATCH: Final = statement(SQL, "finish_batch")
ABANDON_BATCHES: Final = statement(SQL, "abandon_batches")
FORGET_BATCH: Final = statement(SQL, "forget_batch")
LOCK_VERSION: Final = statement(SQL, "lock_version")
KEEP_OPERATORS: Final = statement(SQL, "keep_operators")
MARK_EMPTY: Final = statement(SQL, "mark_empty")
DROP_HOURLY: Final = tuple(statement(SQL, f"drop_hourly_{name}") for name in ("metrics", "costs"))
DROP_DAILY: Final = tuple(statement(SQL, f"drop_daily_{name}") for name in ("metrics", "costs"))
ARCHIVED: Final = {period: statement(SQL, f"archived_{period}") for period in ("hourly", "daily")}
DELETE: Final = {period: statement(SQL, f"delete_{period}") for period in ("hourly", "daily")}
BUCKET: Final = {"hourly": "hour_bucket", "daily": "day_bucket"}

ATTEMPTS: Final = 3  # at a day that changes meanwhile
SETTINGS: Final = {"async_insert": 0}


class ArchiveMismatchError(AnlytError):
    """The archive is not what was written to it."""


@dataclass(frozen=True, slots=True)
class Day:
    """All that PostgreSQL has of a day at one version."""

    day: dt.date
    version: int
    hourly: Rows
    daily: Rows


async def move(stores: Stores, day: dt.date) -> bool:
    """Whether the day moved; False if it changed each time that it was about to. ArchiveMismatchError."""
    for _ in range(ATTEMPTS):
        found = await _read(stores, day)
        if found is not None and await _archive(stores, found):
            return True
    return False


async def abandon(stores: Stores) -> None:
    """Removes what runs that were killed have written."""
    begun = await stores.postgres.fetch(ABANDON_BATCHES)
    if not begun:
        return
    client = await stores.clickhouse.client()
    for batch, day in begun:
        for period in BUCKET:
            await client.command(DELETE[period], parameters={"batch": batch, "day": day})
        await stores.postgres.execute(FORGET_BATCH, batch)


async def _read(stores: Stores, day: dt.date) -> Day | None:
    """None when it changes while it is read."""
    async with stores.postgres.acquire() as connection:
        async with connection.transaction():
            await add_up(connection, day)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            version = await connection.fetchval(CLEAN_VERSION, day)
            if version is None:
                return None
            hourly = from_postgres(await connection.fetch(HOURLY_ROWS, *hours_of(day)))
            daily = from_postgres(await connection.fetch(DAILY_ROWS, day))
    return Day(day, version, hourly, daily)


async def _archive(stores: Stores, found: Day) -> bool:
    batch = await stores.postgres.fetchval(BEGIN_BATCH, found.day)
    client = await stores.clickhouse.client()
    await _write(client, "hourly", found.hourly, batch)
    await _write(client, "daily", found.daily, batch)
    await _verify(client, found, batch)
    async with stores.postgres.acquire() as connection, connection.transaction():
        return await _switch(connection, found, batch)


async def _write(client: AsyncClient, period: str, rows: Rows, batch: int) -> None:
    await client.insert(
        f"metrics_{period}_archive",
        columns(rows, batch),
        database="anlyt",
        column_names=[*SUBJECT, BUCKET[period], *FIGURES, "batch"],
        column_oriented=True,
        settings=SETTINGS,
    )


async def _verify(client: AsyncClient, found: Day, batch: int) -> None:
    """Every row, and that days add up to what hours do."""
    parameters = {"batch": batch, "day": found.day}
    for period, rows in (("hourly", found.hourly), ("daily", found.daily)):
        given_back = from_clickhouse((await client.query(ARCHIVED[period], parameters=parameters)).result_rows)
        if given_back != rows:
            raise ArchiveMismatchError(
                f"Of {found.day} ClickHouse gives back other {period} rows ({len(given_back)}) than were written "
                f"({len(rows)}); nothing was dropped from PostgreSQL."
            )
    if sums(found.hourly) != sums(found.daily):
        raise ArchiveMismatchError(f"The daily rows of {found.day} are not the sum of its hours; nothing was dropped.")


async def _switch(connection: Connection, found: Day, batch: int) -> bool:
    """Within the caller's transaction: the batch counts, and the rows are gone. Locks in the order of the rollup."""
    await connection.execute(LOCK_DAY, found.day)
    if await connection.fetchval(LOCK_VERSION, found.day) != found.version:
        return False
    messages = sum(row.total_messages for row in found.hourly)
    counts = len(found.hourly), len(found.daily), messages
    done = await connection.execute(FINISH_BATCH, batch, *counts, digest(found.hourly, found.daily))
    if done != "UPDATE 1":
        return False
    await connection.execute(KEEP_OPERATORS, *hours_of(found.day))
    for drop in DROP_HOURLY:
        await connection.execute(drop, *hours_of(found.day))
    for drop in DROP_DAILY:
        await connection.execute(drop, found.day)
    await connection.execute(MARK_EMPTY, found.day)
    return True
