"""Runs `anlyt ingest` for one function in its own process, and publishes its events."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import IO, Final

from nats.aio.client import Client

from bench.events import delivery_reports
from bench.processes import Running, cpu_seconds, running
from bench.stores import Stores
from functions.function import AnyFunction
from infra import consumers
from schema.streams import SMS_DLR

TICK: Final = 0.1  # seconds between two bursts of a steady rate
POLL: Final = 0.1  # seconds; not shorter, because each query costs NATS CPU time that is measured


async def publish(client: Client, events: Sequence[bytes]) -> None:
    """Publishes delivery reports; returns when the stream has stored all of them."""
    jetstream = client.jetstream(publish_async_max_pending=4_000)
    for event in events:
        await jetstream.publish_async(SMS_DLR.subject, event, wait_stall=60)
    await jetstream.publish_async_completed()


async def keep_publishing(client: Client, rate: int, seconds: float) -> None:
    """Publishes `rate` delivery reports per second, in bursts."""
    jetstream = client.jetstream(publish_async_max_pending=4_000)
    began, burst = time.perf_counter(), int(rate * TICK)
    for number, event in enumerate(delivery_reports(int(rate * seconds), seed=8), 1):
        await jetstream.publish_async(SMS_DLR.subject, event, wait_stall=60)
        if number % burst == 0:
            await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
    await jetstream.publish_async_completed()


async def ingest_rate(
    engines: Stores, client: Client, function: AnyFunction, count: int
) -> tuple[float, Mapping[str, float]]:
    """Ingests `count` events; returns events per second, and CPU microseconds per event by process.

    The time runs from the first batch to the last acknowledgement.
    """
    async with ingest_process(engines, function) as process:
        store = {"postgres": "PostgreSQL", "clickhouse": "ClickHouse"}[function.store]
        pids = {"worker": process.pid, store: getattr(engines, function.store).pid, "NATS": engines.nats.pid}
        before = {name: cpu_seconds([pid]) for name, pid in pids.items()}
        started = time.perf_counter()
        while await behind(client, function):
            await asyncio.sleep(POLL)
        seconds = time.perf_counter() - started
        spent = {name: cpu_seconds([pid]) - before[name] for name, pid in pids.items()}
    return count / seconds, {name: cpu / count * 1e6 for name, cpu in spent.items()}


@asynccontextmanager
async def ingest_process(
    engines: Stores, *functions: AnyFunction, log: IO[bytes] | None = None
) -> AsyncIterator[Running]:
    """Runs `anlyt ingest` for these functions; yields it when it is about to fetch its first batch."""
    names = [part for function in functions for part in ("--function", function.name)]
    async with running(("anlyt", "ingest", *names), engines.settings(), log=log) as process:
        yield process


async def behind(client: Client, function: AnyFunction) -> int:
    """How many messages the function has not acknowledged."""
    info = await consumers.ensure_consumer(client.jetstream(), function.stream, function.durable)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)
