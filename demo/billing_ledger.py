"""billing-service's billing_ledger: `billing.daily_totals`, as the demo's events fill them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from demo.totals import Total, Totals, misbooked
from infra.postgres import Pool, is_unavailable
from infra.sql import statement

SQL: Final = Path(__file__).parent / "sql"
SET: Final = statement(SQL, "set_totals")
ADD: Final = statement(SQL, "add_totals")
EVERY: Final = 2.0  # seconds


async def close_history(pool: Pool, totals: Totals) -> None:
    """Books what was told, with a mistake on one day; told again, it is booked over."""
    await _write(pool, SET, misbooked(totals.take()))


@asynccontextmanager
async def kept(pool: Pool, totals: Totals) -> AsyncIterator[None]:
    """Adds what `totals` is told of while the body runs, soon after it was told."""

    async def keep() -> None:
        while True:
            await asyncio.sleep(EVERY)
            await add(pool, totals)

    keeping = asyncio.create_task(keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await add(pool, totals)


async def add(pool: Pool, totals: Totals) -> None:
    """Adds what was told to the totals of its days; what cannot be booked now waits in `totals`."""
    taken = totals.take()
    try:
        await _write(pool, ADD, taken)
    except BaseException as error:  # also when the demo is stopped here
        totals.give_back(taken)
        if not is_unavailable(error):
            raise


async def _write(pool: Pool, query: str, totals: list[Total]) -> None:
    if totals:
        await pool.execute(query, *map(list, zip(*totals, strict=True)))
