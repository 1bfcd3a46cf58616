"""Compares claims of 5,000 events in a ledger that holds millions with claims in an empty one."""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.report import Goal, show
from bench.stores import stores
from infra.postgres import Connection, Pool, open_pool
from ingest.ledger import by_ledger_key, claim
from ingest.partitions import Partitions
from schema.decoding import Stamped
from schema.events import Event
from schema.instants import instant

BATCH: Final = 5_000
FILL: Final = """
insert into anlyt.processed_events
select $1::timestamptz + n * interval '1 day' / $2::int8, gen_random_uuid() from generate_series(0, $2::int8 - 1) as n
"""


async def run(folder: Path, *, smoke: bool) -> None:
    rows, batches = (50_000, 3) if smoke else (20_000_000, 30)
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    async with stores(folder) as engines, open_pool(engines.postgres.url, size=2) as pool:
        empty = await _claims_per_second(pool, day - timedelta(days=1), batches)
        await Partitions(pool).ensure([day.date()])
        await pool.execute(FILL, day, rows, timeout=1800)
        full = await _claims_per_second(pool, day, batches)
    show(
        f"Claims of {BATCH:,} random ids per batch, each batch after a checkpoint",
        ("ids in the ledger", "ids/s (median)", "relative to empty"),
        [("none", round(empty), 1.0), (f"{rows:,}", round(full), full / empty)],
        [Goal("speed at a full ledger", full / empty, 0.5)],
    )


async def _claims_per_second(pool: Pool, day: datetime, batches: int) -> float:
    await Partitions(pool).ensure([day.date()])
    async with pool.acquire() as connection:
        return BATCH / statistics.median([await _seconds(connection, day, number) for number in range(batches)])


async def _seconds(connection: Connection, day: datetime, number: int) -> float:
    """Claims one batch; returns its seconds. The events span two minutes, as when a worker lags a little."""
    start = instant(day + timedelta(hours=12, minutes=number))
    events = [
        Stamped(Event("1", f"event-{number}-{index}", "message"), start + 24_000 * index, start)
        for index in range(BATCH)
    ]
    await connection.execute("checkpoint")
    by_key = by_ledger_key("delivery_metrics", events)
    started = time.perf_counter()
    async with connection.transaction():
        claimed = await claim(connection, by_key)
    assert len(claimed) == BATCH
    return time.perf_counter() - started
