"""Compares `anlyt backfill` of a stream with live ingest of the same events."""

import asyncio
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.events import delivery_reports
from bench.host import ingest_rate, publish
from bench.report import Goal, show
from bench.stores import Stores, stores
from functions.delivery_metrics import delivery_metrics
from infra import nats


async def run(folder: Path, *, smoke: bool) -> None:
    events = list(delivery_reports(3_000 if smoke else 1_000_000))
    since = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        await publish(client, events)
        live, _ = await ingest_rate(engines, client, delivery_metrics, len(events))
        replay = len(events) / await _seconds(engines)
        rebuild = len(events) / await _seconds(engines, "--rebuild", "--since", since)
    show(
        f"Backfill of {len(events):,} delivery reports, process start and exit included, {os.cpu_count()} cores",
        ("variant", "events/s", "relative to live ingest"),
        [
            ("anlyt ingest", round(live), 1.0),
            ("anlyt backfill", round(replay), replay / live),
            ("anlyt backfill --rebuild", round(rebuild), rebuild / live),
        ],
        [Goal("events/s over live ingest", replay / live, 0.8)],
    )


async def _seconds(engines: Stores, *arguments: str) -> float:
    """Runs the command; returns its duration from start to exit."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANLYT_")}
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "anlyt", "backfill", delivery_metrics.name, *arguments),
        env=environment | engines.settings(),
    )
    assert await process.wait() == 0
    return time.perf_counter() - started
