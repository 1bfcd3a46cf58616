"""Delivery reports of 200 tenants over 90 days in ClickHouse, with their cubes, made by the engine itself.

Tenants' shares follow Zipf's law: the largest has about an eighth, the hundredth a 530th.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.cubes import CHUNK, MARK
from bench.live import TENANTS
from bench.progress import say
from bench.stores import Stores
from infra.clickhouse import connect

DAYS: Final = 90
FILL: Final = (Path(__file__).parent / "sql" / "fill_zipf.sql").read_text()
FILLING: Final = 7200  # seconds, at most, for one statement
SETTLED: Final = 2.0  # seconds between two looks at running merges


async def fill(engines: Stores, end: datetime, facts: int, seed: int, before: int = 0) -> None:
    """Adds facts to the DAYS days that end at midnight `end`, which have `before` already, and computes their cells.

    Returns when the engine has no more parts to merge.
    """
    began = perf_counter()
    async with connect(engines.clickhouse.url, statement_timeout=FILLING) as client:
        for number in range(DAYS):
            whole, first = facts // DAYS, before // DAYS
            day = {"day": end - timedelta(days=number + 1), "first": first, "count": whole - first}
            await client.command(FILL, parameters={**day, "seed": seed, "tenants": TENANTS})
            if number % 10 == 9:
                say(f"facts of {number + 1} of {DAYS} days are filled")
        filled = perf_counter() - began
        await client.command(MARK)
        await engines.run_pipelines("cubes", params=CHUNK)
        await _merged(client)
    say(f"{facts:,} facts are filled after {filled:.0f} s, their cells computed after {perf_counter() - began:.0f} s")


async def _merged(client: AsyncClient) -> None:
    while (await client.query("select count() from system.merges")).result_rows != [(0,)]:
        await asyncio.sleep(SETTLED)


def today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
