import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

import asyncpg
import pytest

from functions.function import AnyFunction
from infra.postgres import open_pool
from ingest.commit import MetricStore, commit
from ingest.partitions import Partitions
from tests.support import events
from tests.support.database import connected
from tests.support.platform import BILLING, DELIVERY
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.writes import Events, decoded

pytestmark = pytest.mark.anyio

# The errors of asyncpg for a lost connection.
GONE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
KILL_ALL = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name = 'anlyt' and random() < 0.4
"""


@asynccontextmanager
async def stores(dsn: str, count: int) -> AsyncIterator[list[MetricStore]]:
    """Stores as in several processes: each remembers its own partitions."""
    async with open_pool(dsn, size=count) as pool:
        yield [MetricStore(pool, Partitions(pool), "USD") for _ in range(count)]


async def test_workers_of_both_functions_on_shared_rows_neither_deadlock_nor_lose_updates(database: str) -> None:
    """Two workers per function commit small batches in random order; all of them share every row."""
    random, now = Random(1), datetime.now(UTC)
    billing = events.messages(random, events.billing, now, 600)
    delivery = events.messages(random, events.report, now, 600)

    async def work(store: MetricStore, function: AnyFunction, work: Events) -> None:
        for first in range(0, len(work), 40):
            await commit(store, function, work[first : first + 40])

    async with stores(database, 4) as opened:
        work_of = {BILLING: decoded(BILLING, billing, now), DELIVERY: decoded(DELIVERY, delivery, now)}
        tasks = [
            work(store, function, random.sample(work_of[function], len(work_of[function])))
            for store, function in zip(opened, (BILLING, BILLING, DELIVERY, DELIVERY), strict=True)
        ]
        await asyncio.gather(*tasks)
    async with connected(database) as connection:
        assert await connection.fetchval(DEADLOCKS) == 0
    assert await differences(database, expect(billing, delivery, now)) == []


async def test_connections_cut_in_the_middle_of_transactions_leave_nothing_behind(database: str) -> None:
    random, now = Random(2), datetime.now(UTC)
    delivery = events.messages(random, events.report, now, 2000)
    batches = decoded(DELIVERY, delivery, now)
    done = asyncio.Event()

    async def cut() -> int:
        cuts = 0
        async with connected(database) as connection:
            while not done.is_set():
                cuts += len(await connection.fetch(KILL_ALL))
                await asyncio.sleep(0.02)
        return cuts

    async def work(store: MetricStore) -> None:
        try:
            for first in range(0, len(batches), 100):
                await _until_committed(store, batches[first : first + 100])
        finally:
            done.set()

    async with stores(database, 1) as [store]:
        cuts, _ = await asyncio.gather(cut(), work(store))
    assert cuts > 0
    assert await differences(database, expect([], delivery, now)) == []


async def _until_committed(store: MetricStore, batch: Events) -> None:
    while True:
        try:
            await commit(store, DELIVERY, batch)
        except GONE:
            await asyncio.sleep(0)
        else:
            return


async def test_a_batch_is_counted_once_whatever_is_repeated_in_it(database: str) -> None:
    random, now = Random(3), datetime.now(UTC)
    delivery = [events.message(random, events.report(random, now)) for _ in range(50)]
    batch = decoded(DELIVERY, delivery, now)
    async with stores(database, 2) as [one, other]:
        assert await commit(one, DELIVERY, [*batch, *batch]) == 50
        assert await commit(other, DELIVERY, [*reversed(batch), *batch]) == 0
        assert await commit(other, DELIVERY, []) == 0
    assert await differences(database, expect([], delivery, now)) == []


async def test_a_batch_whose_events_share_no_row(database: str) -> None:
    """Each event has its own account and operator: twenty thousand rows."""
    random, now = Random(4), datetime.now(UTC)
    delivery = [
        events.message(random, events.report(random, now) | {"accountId": f"a{n}", "operatorId": f"o{n}"})
        for n in range(10_000)
    ]
    async with stores(database, 1) as [store]:
        assert await commit(store, DELIVERY, decoded(DELIVERY, delivery, now)) == 10_000
    assert await differences(database, expect([], delivery, now)) == []
