"""Writes `billing.daily_totals` from the demo's events, as billing-service would."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from demo.totals import DailyTotals, Total, misbooked
from infra.postgres import Pool, is_unavailable
from infra.sql import statement

SQL: Final = Path(__file__).parent / "sql"
SET: Final = statement(SQL, "set_totals")
ADD: Final = statement(SQL, "add_totals")
INTERVAL: Final = 2.0  # seconds between writes


async def close_history(pool: Pool, totals: DailyTotals) -> None:
    """Writes the history's totals, with a mistake on one day. A repetition overwrites them."""
    await _write(pool, SET, misbooked(totals.take()))


@asynccontextmanager
async def keep_adding(pool: Pool, totals: DailyTotals) -> AsyncIterator[None]:
    """While the body runs, and once at its end, adds the new charges of `totals` to the table."""

    async def loop() -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            await add(pool, totals)

    adding = asyncio.create_task(loop())
    try:
        yield
    finally:
        adding.cancel()
        await asyncio.gather(adding, return_exceptions=True)
        await add(pool, totals)


async def add(pool: Pool, totals: DailyTotals) -> None:
    """Adds the new charges of `totals` to the table. If PostgreSQL is unavailable, they stay in `totals`."""
    added = totals.take()
    try:
        await _write(pool, ADD, added)
    except BaseException as error:  # a cancellation, too
        totals.give_back(added)
        if not is_unavailable(error):
            raise


async def _write(pool: Pool, query: str, totals: list[Total]) -> None:
    if totals:
        await pool.execute(query, *map(list, zip(*totals, strict=True)))
