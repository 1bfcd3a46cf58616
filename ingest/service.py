"""The function host as a service: a worker for each function, and the gauges that tell how far behind they are."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from functions.function import AnyFunction, StoreName
from infra.clickhouse import open_clickhouse
from infra.consumers import check_streams, ensure_consumer
from infra.endpoints import Engines
from infra.frames import FrameClient
from infra.metrics import CONSUMER_PENDING, DATA_AS_OF, GAUGES_MEASURED, INGEST_LAG, PROCESSED_EVENTS_ROWS
from infra.migrate import check_currency
from infra.nats import connect
from infra.postgres import Pool, is_unavailable, open_pool
from infra.sql import statement
from infra.telemetry import logger
from ingest import limit
from ingest.commit import Store
from ingest.copies import Copies
from ingest.facts import FactStore
from ingest.host import Worker
from ingest.limit import Windows
from ingest.partitions import Partitions
from ingest.sink import Sink
from schema.streams import DEADLETTER

# Of each function: while one waits for its store, the other decodes.
WORKERS: Final = 2
MEASURE_EVERY: Final = 2.0  # seconds
LAST_MEASUREMENT: Final = 1.0  # second; asyncpg complains of being cancelled while it connects
# A statement of a batch takes milliseconds; one that takes this long waits for a server that hangs.
STATEMENT_TIMEOUT: Final = 30.0
LEDGER_ROWS: Final = statement(Path(__file__).parent / "sql", "ledger_rows")


@asynccontextmanager
async def running(
    engines: Engines, functions: Sequence[AnyFunction], reporting_currency: str, windows: Windows | None = None
) -> AsyncIterator[None]:
    """Workers run while the body does; then each finishes its batch and gives back what it had fetched ahead.

    Only the stores that these functions write to are opened; ClickHouse may be away, now and later. Without `windows`,
    every function has the usual dead-letter limit. The group ends with MisconfiguredError when an engine refuses what a
    setting says, at the start or later.
    """
    stop = asyncio.Event()
    watched = windows or limit.windows([function.name for function in functions], limit.Limit())
    async with AsyncExitStack() as opened:
        # Each worker's events come over a line of their own: a server cuts off one on which too much waits, and answers
        # on it would wait behind all events that were asked for before.
        client = await opened.enter_async_context(connect(engines.nats))
        jetstream, copies = client.jetstream(), Copies(client)
        await _check(jetstream, functions)
        pool = await _pool(opened, engines, functions, reporting_currency)
        sinks = await _sinks(opened, engines, pool, reporting_currency, copies)
        workers = [
            Worker(
                function,
                await _line(opened, engines, function),
                jetstream,
                sinks[function.store],
                stop,
                watched[function.name],
            )
            for function in functions
            for _ in range(WORKERS)
        ]
        tasks = await opened.enter_async_context(asyncio.TaskGroup())
        working = [tasks.create_task(worker.run(), name=worker.function.name) for worker in workers]
        gauges = tasks.create_task(_measure(jetstream, pool, functions, stop), name="gauges")
        refusals = [tasks.create_task(worker.client.refused()) for worker in workers]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait(working)  # the group itself would cancel them in the middle of a batch
            await asyncio.wait([gauges], timeout=LAST_MEASUREMENT)
            for task in (gauges, *refusals):
                task.cancel()


async def _check(jetstream: JetStreamContext, functions: Sequence[AnyFunction]) -> None:
    """UnsuitableError for what an operator has to change; whatever else NATS says, workers try again."""
    with suppress(NatsError):
        for warning in await check_streams(jetstream, {DEADLETTER, *(function.stream for function in functions)}):
            logger().warning("stream may lose messages", why=warning)
        for function in functions:
            await ensure_consumer(jetstream, function.stream, function.durable)


async def _line(opened: AsyncExitStack, engines: Engines, function: AnyFunction) -> FrameClient:
    return await opened.enter_async_context(connect(engines.nats, f"anlyt {function.name}"))


async def _pool(
    opened: AsyncExitStack, engines: Engines, functions: Sequence[AnyFunction], reporting_currency: str
) -> "Pool | None":  # Pool is a text at run time
    """None if no function writes to PostgreSQL."""
    writers = WORKERS * sum(function.store == "postgres" for function in functions)
    if not writers:
        return None
    return await opened.enter_async_context(
        open_pool(
            engines.postgres,
            size=2 * writers + 1,
            statement_timeout=STATEMENT_TIMEOUT,
            check=partial(check_currency, currency=reporting_currency),
        )
    )


async def _sinks(
    opened: AsyncExitStack, engines: Engines, pool: "Pool | None", reporting_currency: str, copies: Copies
) -> Mapping[StoreName, Sink]:
    clickhouse = open_clickhouse(engines.clickhouse, statement_timeout=STATEMENT_TIMEOUT)
    sinks: dict[StoreName, Sink] = {"clickhouse": FactStore(await opened.enter_async_context(clickhouse))}
    if pool is not None:
        sinks["postgres"] = Store(pool, Partitions(pool), reporting_currency, copies)
    return sinks


async def _measure(
    jetstream: JetStreamContext, pool: "Pool | None", functions: Sequence[AnyFunction], stop: asyncio.Event
) -> None:
    """Keeps the gauges until `stop`; an engine that is away leaves them as they were.

    To be cancelled is not enough: before Python 3.12, wait_for(), in which nats-py waits for replies, loses a
    cancellation that comes together with the reply.
    """
    while not stop.is_set():
        try:
            for function in functions:
                await _measure_consumer(jetstream, function)
            if pool is not None:
                await _measure_store(pool)
            GAUGES_MEASURED.labels("ingest").set_to_current_time()
        except Exception as error:  # what is not an absence ends the service, as in a worker
            if not (isinstance(error, (NatsError, asyncpg.PostgresError)) or is_unavailable(error)):
                raise
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), MEASURE_EVERY)


async def _measure_consumer(jetstream: JetStreamContext, function: AnyFunction) -> None:
    info = await jetstream.consumer_info(function.stream.name, function.durable)
    behind = (info.num_pending or 0) + (info.num_ack_pending or 0)
    CONSUMER_PENDING.labels(function.durable).set(behind)
    acknowledged = info.ack_floor.stream_seq if info.ack_floor else 0
    INGEST_LAG.labels(function.name).set(await _age(jetstream, function, acknowledged + 1) if behind else 0)


async def _age(jetstream: JetStreamContext, function: AnyFunction, sequence: int) -> float:
    """Seconds since the stream stored the first message that it still has from `sequence` on; 0 if there is none.

    The acknowledgement floor is the right place to look: our consumers deliver without limit, so it never stalls.
    """
    try:
        oldest = await jetstream.get_msg(function.stream.name, seq=sequence, next=True, subject=function.stream.subject)
    except NotFoundError:
        return 0
    return max(time.time() - oldest.time.timestamp(), 0) if oldest.time else 0


async def _measure_store(pool: Pool) -> None:
    for row in await pool.fetch("select projection, newest_event_at from anlyt.data_as_of"):
        DATA_AS_OF.labels(row["projection"]).set(row["newest_event_at"].timestamp())
    PROCESSED_EVENTS_ROWS.set(await pool.fetchval(LEDGER_ROWS))
