"""The function host as a service: one worker per function, and the gauges of their lag."""

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

from functions.function import AnyFunction, StoreName
from infra.clickhouse import open_clickhouse
from infra.consumers import check_streams, ensure_consumer
from infra.endpoints import Engines
from infra.frames import FrameClient
from infra.metrics import CONSUMER_PENDING, DATA_AS_OF, GAUGES_MEASURED, INGEST_LAG, PROCESSED_EVENTS_ROWS
from infra.nats import connect
from infra.postgres import Pool, is_unavailable, open_pool
from infra.reporting_currency import check_currency
from infra.seek import ack_floor, stored_at, unprocessed
from infra.sql import statement
from infra.telemetry import logger
from ingest import limit, positions
from ingest.commit import MetricStore
from ingest.copies import CopyFinder
from ingest.facts import FactStore
from ingest.host import BATCHES, Worker
from ingest.limit import LimitGuards
from ingest.partitions import Partitions
from ingest.sink import Sink
from ingest.stream_hours import HourRecorder
from schema.streams import DEADLETTER

MEASURE_EVERY: Final = 2.0  # seconds
LAST_MEASUREMENT: Final = 1.0  # second; asyncpg logs an error when it is cancelled while it connects
# Seconds. A statement of a batch takes milliseconds; one that takes this long waits for a server that hangs.
STATEMENT_TIMEOUT: Final = 30.0
LEDGER_ROWS: Final = statement(Path(__file__).parent / "sql", "ledger_rows")


@asynccontextmanager
async def running(
    engines: Engines, functions: Sequence[AnyFunction], reporting_currency: str, guards: LimitGuards | None = None
) -> AsyncIterator[None]:
    """Runs workers while the body runs; then each finishes its batch and gives prefetched messages back.

    Opens only the stores that these functions write to. ClickHouse may be unavailable, now and later. `guards`: None
    gives every function the default dead-letter limit. Raises MisconfiguredError in a group, at the start or later,
    when an engine refuses a setting's value.
    """
    stop = asyncio.Event()
    guards = guards or limit.limit_guards([function.name for function in functions], limit.Limit())
    async with AsyncExitStack() as opened:
        # Each worker has a connection of its own. A server closes a connection on which too much waits, and replies on
        # it would wait behind all events that were requested before.
        client = await opened.enter_async_context(connect(engines.nats))
        jetstream, copies = client.jetstream(), CopyFinder(client)
        await _check(jetstream, functions)
        pool = await _pool(opened, engines, functions, reporting_currency)
        sinks = await _sinks(opened, engines, pool, reporting_currency, copies)
        workers = [
            Worker(
                function,
                await _worker_connection(opened, engines, function),
                jetstream,
                sinks[function.store],
                stop,
                guards[function.name],
            )
            for function in functions
        ]
        tasks = await opened.enter_async_context(asyncio.TaskGroup())
        working = [tasks.create_task(worker.run(), name=worker.function.name) for worker in workers]
        gauges = tasks.create_task(_measure(jetstream, pool, functions, stop), name="gauges")
        refusals = [tasks.create_task(worker.client.wait_for_fault()) for worker in workers]
        try:
            yield
        finally:
            stop.set()
            await asyncio.wait(working)  # the group would cancel them in the middle of a batch
            await asyncio.wait([gauges], timeout=LAST_MEASUREMENT)
            for task in (gauges, *refusals):
                task.cancel()


async def _check(jetstream: JetStreamContext, functions: Sequence[AnyFunction]) -> None:
    """Raises UnsuitableError if an operator has to change a stream or consumer. Workers retry other NATS errors."""
    with suppress(NatsError):
        for warning in await check_streams(jetstream, {DEADLETTER, *(function.stream for function in functions)}):
            logger().warning("stream may lose messages", why=warning)
        for function in functions:
            await ensure_consumer(jetstream, function.stream, function.durable)


async def _worker_connection(opened: AsyncExitStack, engines: Engines, function: AnyFunction) -> FrameClient:
    return await opened.enter_async_context(connect(engines.nats, f"anlyt {function.name}"))


async def _pool(
    opened: AsyncExitStack, engines: Engines, functions: Sequence[AnyFunction], reporting_currency: str
) -> "Pool | None":  # quoted: Pool is a string at run time
    """None if no function writes to PostgreSQL."""
    writers = BATCHES * sum(function.store == "postgres" for function in functions)
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
    opened: AsyncExitStack, engines: Engines, pool: "Pool | None", reporting_currency: str, copies: CopyFinder
) -> Mapping[StoreName, Sink]:
    clickhouse = open_clickhouse(engines.clickhouse, statement_timeout=STATEMENT_TIMEOUT)
    sinks: dict[StoreName, Sink] = {"clickhouse": FactStore(await opened.enter_async_context(clickhouse))}
    if pool is not None:
        sinks["postgres"] = MetricStore(pool, Partitions(pool), reporting_currency, copies)
    return sinks


async def _measure(
    jetstream: JetStreamContext, pool: "Pool | None", functions: Sequence[AnyFunction], stop: asyncio.Event
) -> None:
    """Updates the gauges until `stop` is set; skips those of an engine that is unavailable.

    A cancellation is not enough to end it: nats-py waits for replies in wait_for(), which before Python 3.12 loses a
    cancellation that arrives together with the reply.
    """
    GAUGES_MEASURED.labels("ingest")  # 0 until the first time: an absent series raises no alert
    due = set[str]()  # functions for which a replay is due, as logged
    hours = HourRecorder(jetstream)
    while not stop.is_set():
        try:
            for function in functions:
                await _measure_consumer(jetstream, function)
            if pool is not None:
                await _record(jetstream, pool, [each for each in functions if each.store == "postgres"], hours, due)
                await _measure_store(pool)
            GAUGES_MEASURED.labels("ingest").set_to_current_time()
        except Exception as error:  # any other error ends the service, as in a worker
            if not (isinstance(error, (NatsError, asyncpg.PostgresError)) or is_unavailable(error)):
                raise
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), MEASURE_EVERY)


async def _record(
    jetstream: JetStreamContext, pool: Pool, functions: Sequence[AnyFunction], hours: HourRecorder, due: set[str]
) -> None:
    """Records the positions of functions and the hours of their streams. Adds functions for which a replay is due."""
    for function in functions:
        if await _note(jetstream, pool, function) and function.name not in due:
            due.add(function.name)
            logger().error(positions.LOST, function=function.name)
    for stream in {function.stream for function in functions}:
        await hours.note(pool, stream)


async def _note(jetstream: JetStreamContext, pool: Pool, function: AnyFunction) -> bool:
    """Records up to which message all are acknowledged, and so stored. Returns whether a replay is due first."""
    # The stream first: if it is made anew in between, the later number is the new one's, which is lower.
    stream = await jetstream.stream_info(function.stream.name)
    info = await jetstream.consumer_info(function.stream.name, function.durable)
    if stream.created is None or info.ack_floor is None:
        return False
    acknowledged = info.ack_floor.stream_seq
    # Messages that are gone from the stream do not wait. The floor stays below them until later ones are acknowledged.
    settled = max(acknowledged, stream.state.first_seq - 1) if unprocessed(info) else stream.state.last_seq
    return await positions.note(pool, function.name, stream.created, acknowledged, settled)


async def _measure_consumer(jetstream: JetStreamContext, function: AnyFunction) -> None:
    info = await jetstream.consumer_info(function.stream.name, function.durable)
    behind = unprocessed(info)
    CONSUMER_PENDING.labels(function.durable).set(behind)
    # Our consumers redeliver without limit, so the acknowledgement floor never stalls.
    oldest = await stored_at(jetstream, function.stream, ack_floor(info) + 1) if behind else None
    INGEST_LAG.labels(function.name).set(max(time.time() - oldest.timestamp(), 0) if oldest else 0)


async def _measure_store(pool: Pool) -> None:
    for row in await pool.fetch("select projection, newest_event_at from anlyt.data_as_of"):
        DATA_AS_OF.labels(row["projection"]).set(row["newest_event_at"].timestamp())
    PROCESSED_EVENTS_ROWS.set(await pool.fetchval(LEDGER_ROWS))
