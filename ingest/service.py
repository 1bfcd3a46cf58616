"""The function host as a service: a worker for each function, and the gauges that tell how far behind they are."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from functions.function import AnyFunction
from infra.endpoints import Engines
from infra.metrics import CONSUMER_PENDING, DATA_AS_OF, PROCESSED_EVENTS_ROWS
from infra.migrate import check_currency
from infra.nats import connect
from infra.postgres import Pool, is_unavailable, open_pool, statement
from ingest.commit import Store
from ingest.host import Worker
from ingest.partitions import Partitions

# Of each function: while one waits for PostgreSQL, the other decodes.
WORKERS: Final = 2
MEASURE_EVERY: Final = 2.0  # seconds
# A statement of a batch takes milliseconds; one that takes this long waits for a server that hangs.
STATEMENT_TIMEOUT: Final = 30.0
LEDGER_ROWS: Final = statement(Path(__file__).parent / "sql", "ledger_rows")


@asynccontextmanager
async def running(engines: Engines, functions: Sequence[AnyFunction], reporting_currency: str) -> AsyncIterator[None]:
    """Workers run while the body does; then each finishes its batch and gives back what it had fetched ahead."""
    stop = asyncio.Event()
    pool_of = open_pool(
        engines.postgres,
        size=2 * WORKERS * len(functions) + 1,
        statement_timeout=STATEMENT_TIMEOUT,
        check=partial(check_currency, currency=reporting_currency),
    )
    async with connect(engines.nats) as client, pool_of as pool:
        jetstream = client.jetstream()
        store = Store(pool, Partitions(pool), reporting_currency)
        async with asyncio.TaskGroup() as tasks:
            workers = [
                tasks.create_task(Worker(function, client, jetstream, store, stop).run(), name=function.name)
                for function in functions
                for _ in range(WORKERS)
            ]
            gauges = tasks.create_task(_measure(jetstream, pool, functions, stop), name="gauges")
            try:
                yield
            finally:
                stop.set()
                gauges.cancel()
                await asyncio.wait(workers)  # the group itself would cancel them in the middle of a batch


async def _measure(
    jetstream: JetStreamContext, pool: Pool, functions: Sequence[AnyFunction], stop: asyncio.Event
) -> None:
    """Keeps the gauges until `stop`; an engine that is away leaves them as they were.

    To be cancelled is not enough: before Python 3.12, wait_for(), in which nats-py waits for replies, loses a
    cancellation that comes together with the reply.
    """
    while not stop.is_set():
        try:
            await _measure_consumers(jetstream, functions)
            await _measure_store(pool)
        except Exception as error:  # what is not an absence ends the service, as in a worker
            if not (isinstance(error, (NatsError, asyncpg.PostgresError)) or is_unavailable(error)):
                raise
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), MEASURE_EVERY)


async def _measure_consumers(jetstream: JetStreamContext, functions: Sequence[AnyFunction]) -> None:
    for function in functions:
        info = await jetstream.consumer_info(function.stream.name, function.durable)
        behind = (info.num_pending or 0) + (info.num_ack_pending or 0)
        CONSUMER_PENDING.labels(function.durable).set(behind)


async def _measure_store(pool: Pool) -> None:
    for row in await pool.fetch("select projection, newest_event_at from anlyt.data_as_of"):
        DATA_AS_OF.labels(row["projection"]).set(row["newest_event_at"].timestamp())
    PROCESSED_EVENTS_ROWS.set(await pool.fetchval(LEDGER_ROWS))
