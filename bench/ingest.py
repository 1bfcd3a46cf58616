"""Ingest from NATS to committed and acknowledged: `anlyt ingest` against a naive consumer and a bare COPY."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from nats.aio.client import Client

from bench import naive
from bench.events import delivery_reports
from bench.processes import cpu_seconds
from bench.report import Goal, show
from bench.stores import Stores, stores
from functions.delivery_metrics import delivery_metrics
from infra import nats
from schema.streams import SMS_DLR

POLL = 0.1  # seconds: asking costs NATS time that is counted


async def run(folder: Path, *, smoke: bool) -> None:
    events = list(delivery_reports(3_000 if smoke else 300_000))
    few = events[: 300 if smoke else 6_000]  # the naive consumer's share: enough for a steady rate
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        await publish(client, events)
        naive_rate = await _naive(engines, client, len(few))
        copy_rate = await _copy(engines, events)
        rate, cpu = await ingested(engines, client, len(events))
    show(
        f"Ingest of {len(events):,} delivery reports, one worker, {os.cpu_count()} cores",
        ("way", "events/s", "of naive", "CPU us/event"),
        [
            ("anlyt ingest", round(rate), rate / naive_rate, ", ".join(f"{k} {v:.1f}" for k, v in cpu.items())),
            (f"a transaction an event ({len(few):,} events)", round(naive_rate), 1.0, ""),
            ("bare COPY of the same JSON", round(copy_rate), copy_rate / naive_rate, ""),
        ],
        [
            Goal("events/s over naive", rate / naive_rate, 40),
            Goal("CPU us per event, worker + PostgreSQL + NATS", sum(cpu.values()), 30, at_most=True),
            Goal("share of a bare COPY", rate / copy_rate, 0.0),
        ],
    )


async def publish(client: Client, events: Sequence[bytes]) -> None:
    jetstream = client.jetstream(publish_async_max_pending=4_000)
    for event in events:
        await jetstream.publish_async(SMS_DLR.subject, event, wait_stall=60)
    await jetstream.publish_async_completed()


async def _naive(engines: Stores, client: Client, count: int) -> float:
    async with engines.connection() as connection:
        started = time.perf_counter()
        await naive.consume(client, connection, SMS_DLR.name, SMS_DLR.subject, count)
        return count / (time.perf_counter() - started)


async def _copy(engines: Stores, events: Sequence[bytes]) -> float:
    async with engines.connection() as connection:
        await connection.execute("create table naive.copied (event text)")
        rows = [(event.decode(),) for event in events]
        started = time.perf_counter()
        await connection.copy_records_to_table("copied", schema_name="naive", records=rows)
        return len(rows) / (time.perf_counter() - started)


async def ingested(engines: Stores, client: Client, count: int) -> tuple[float, dict[str, float]]:
    """Events/s from the first batch to the last acknowledgement, and CPU us an event by process."""
    async with _ingest_process(engines) as pid:
        watched = {"worker": [pid], "PostgreSQL": [engines.postgres.pid], "NATS": [engines.nats.pid]}
        before = {name: cpu_seconds(pids) for name, pids in watched.items()}
        started = time.perf_counter()
        while await _behind(client):
            await asyncio.sleep(POLL)
        seconds = time.perf_counter() - started
        after = {name: cpu_seconds(pids) for name, pids in watched.items()}
    return count / seconds, {name: (after[name] - before[name]) / count * 1e6 for name in watched}


@asynccontextmanager
async def _ingest_process(engines: Stores) -> AsyncIterator[int]:
    """`anlyt ingest`, from the moment at which it is about to fetch its first batch."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "anlyt", "ingest", "--function", delivery_metrics.name),
        env=environment | engines.settings(),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _behind(client: Client) -> int:
    info = await nats.ensure_consumer(client.jetstream(), SMS_DLR, delivery_metrics.durable)
    return (info.num_pending or 0) + (info.num_ack_pending or 0)
