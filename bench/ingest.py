"""Compares `anlyt ingest` with a naive consumer and a bare COPY, from NATS to commit and acknowledgement."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from nats.aio.client import Client

from bench import naive
from bench.events import delivery_reports
from bench.host import ingest_rate, publish
from bench.report import Goal, by_process, show
from bench.stores import Stores, stores
from functions.delivery_metrics import delivery_metrics
from infra import nats
from schema.streams import SMS_DLR


async def run(folder: Path, *, smoke: bool) -> None:
    events = list(delivery_reports(3_000 if smoke else 300_000))
    few = events[: 300 if smoke else 6_000]  # for the naive consumer: enough for a steady rate
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        await publish(client, events)
        naive_rate = await _naive(engines, client, len(few))
        copy_rate = await _copy(engines, events)
        rate, cpu = await ingest_rate(engines, client, delivery_metrics, len(events))
    show(
        f"Ingest of {len(events):,} delivery reports, one worker, {os.cpu_count()} cores",
        ("variant", "events/s", "relative to naive", "CPU us/event"),
        [
            ("anlyt ingest", round(rate), rate / naive_rate, by_process(cpu)),
            (f"one transaction per event ({len(few):,} events)", round(naive_rate), 1.0, ""),
            ("bare COPY of the same JSON", round(copy_rate), copy_rate / naive_rate, ""),
        ],
        [
            Goal("events/s over naive", rate / naive_rate, 40),
            Goal("CPU us per event, worker + PostgreSQL + NATS", sum(cpu.values()), 30, at_most=True),
            Goal("share of a bare COPY", rate / copy_rate, 0.0),
        ],
    )


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
