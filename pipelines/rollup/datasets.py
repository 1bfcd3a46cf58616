"""The datasets of the rollup: changed days, and daily rows."""

import asyncio
import datetime as dt
import time
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final

import asyncpg

from infra.metrics import ROLLUP_DURATION
from infra.postgres import Connection
from infra.sql import statement
from infra.telemetry import logger, span
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current_params
from pipelines.rollup.histograms import added
from pipelines.rollup.params import Params
from pipelines.rollup.restatements import DayChangedError, daily_rows, restate
from pipelines.run_metrics import observe
from pipelines.stores import Stores
from schema.figures import FIGURES, HISTOGRAM
from schema.history import CLOSING

SQL: Final = Path(__file__).parent / "sql"
DIRTY_DAYS: Final = statement(SQL, "dirty_days")
LOCK_DAY: Final = statement(SQL, "lock_day")
CLOSE_DAYS: Final = statement(SQL, "close_days")
DAY_STATE: Final = statement(SQL, "day_state")
DELETE_METRICS: Final = statement(SQL, "delete_metrics")
SUM_HOURS: Final = statement(SQL, "sum_hours")
DELETE_COSTS: Final = statement(SQL, "delete_costs")
INSERT_COSTS: Final = statement(SQL, "insert_costs")
MARK_ACTIVE: Final = statement(SQL, "mark_active")
MARK_ROLLED: Final = statement(SQL, "mark_rolled")
COLUMNS: Final = ("scope", "scope_id", *(figure.column for figure in FIGURES.values()))
_values: Final = itemgetter(*COLUMNS)


class DirtyDays(StoreDataset[None, Sequence[dt.date]]):
    """The days to add up. Loading them first closes days that have ended."""

    async def read(self, stores: Stores) -> Sequence[dt.date]:
        params = current_params(Params)
        await _close_days(stores)
        return [row["day"] for row in await stores.postgres.fetch(DIRTY_DAYS, params.day, params.all)]


class DailyRows(StoreDataset[Sequence[dt.date], None]):
    """Saving days adds up their hours, each day in one transaction that also marks the version of its hours."""

    async def write(self, stores: Stores, days: Sequence[dt.date]) -> None:
        errors = await asyncio.gather(*(self._add_up(stores, day) for day in days), return_exceptions=True)
        for error in errors:
            if error is not None:
                raise error
        await _close_days(stores)

    async def _add_up(self, stores: Stores, day: dt.date) -> None:
        began = time.perf_counter()
        with span("anlyt.rollup.daily"):
            try:
                async with stores.postgres.acquire() as connection, connection.transaction():
                    restated = await add_up(connection, day)
                    await observe(connection, ROLLUP_DURATION, "daily", time.perf_counter() - began)
                if restated:
                    logger().info("a closed day was restated", day=str(day), rows=restated)
            except DayChangedError:
                logger().info("a closed day changed meanwhile and stays until the next run", day=str(day))


async def _close_days(stores: Stores) -> None:
    await stores.postgres.execute(CLOSE_DAYS, (dt.datetime.now(dt.UTC) - CLOSING).date())


async def add_up(connection: Connection, day: dt.date) -> int:
    """Adds up a day's hours into its daily rows, within the caller's READ COMMITTED transaction.

    Reads the version before the hours. A commit in between may be in the rows, but not in the version; then the day
    stays dirty, and reports do not use the rows. Locks the day's row last, because ingest waits for it.

    Keeps the former rows of a closed day that has changed; returns how many. Raises DayChangedError after a commit in
    between: then the transaction has to be rolled back, as its rows are neither what reports said nor what they say.
    """
    begins = dt.datetime.combine(day, dt.time(), dt.UTC)
    hours = begins, begins + dt.timedelta(days=1)
    await connection.execute(LOCK_DAY, day)
    state = await connection.fetchrow(DAY_STATE, day)
    version, is_kept = (state["version"], state["is_kept"]) if state else (None, False)
    former = await daily_rows(connection, day) if state and is_kept and state["is_dirty"] else None
    await connection.execute(DELETE_METRICS, day)
    await _write(connection, day, await connection.fetch(SUM_HOURS, *hours))
    await connection.execute(DELETE_COSTS, day)
    await connection.execute(INSERT_COSTS, day, *hours)
    restated = 0 if state is None or former is None else await restate(connection, day, state, former)
    if version is not None:
        await connection.execute(MARK_ACTIVE, day, *hours, version)
    if await connection.fetchval(MARK_ROLLED, day, version) != version and is_kept:
        raise DayChangedError(f"{day} changed while it was added up.")
    return restated


async def _write(connection: Connection, day: dt.date, rows: Sequence[asyncpg.Record]) -> None:
    if not rows:
        return
    histograms = added([row["bins"] for row in rows], [row["counts"] for row in rows])
    await connection.copy_records_to_table(
        "metrics_daily",
        schema_name="anlyt",
        columns=["day_bucket", *COLUMNS, *HISTOGRAM],
        records=[(day, *_values(row), *histogram) for row, histogram in zip(rows, histograms, strict=True)],
    )
