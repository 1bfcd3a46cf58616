"""Compares `anlyt ingest` of facts with a bare insert_arrow of the same rows, and measures the lag under load."""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.request import urlopen

from clickhouse_connect.driver.asyncclient import AsyncClient
from nats.aio.client import Client
from prometheus_client.parser import text_string_to_metric_families

from bench.events import delivery_reports
from bench.host import ingest_process, ingest_rate, keep_publishing, publish
from bench.processes import cpu_seconds
from bench.report import Goal, by_process, show
from bench.stores import Stores, stores
from functions.dlr_facts import dlr_facts
from infra import nats
from infra.clickhouse import connect

RATE = 3_000  # events per second: 10 million per hour
BATCH = 10_000  # rows, as in the function's batches


async def run(folder: Path, *, smoke: bool) -> None:
    count, seconds = (3_000, 2) if smoke else (300_000, 60)
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        await publish(client, list(delivery_reports(count)))
        rate, cpu = await ingest_rate(engines, client, dlr_facts, count)
        async with connect(engines.clickhouse.url) as clickhouse:
            bare, bare_cpu = await _bare(clickhouse, engines.clickhouse.pid)
        lags = await _lags(engines, client, seconds)
    show(
        f"{count:,} delivery reports to facts_dlr, one process, {os.cpu_count()} cores",
        ("variant", "facts/s", "CPU us/fact"),
        [
            ("anlyt ingest", f"{rate:,.0f}", by_process(cpu)),
            (f"bare insert_arrow, {BATCH:,} rows per insert", f"{bare:,.0f}", by_process(bare_cpu)),
        ],
        [
            Goal("facts/s", rate, 25_000),
            Goal("share of a bare insert_arrow", rate / bare, 0.35),
            Goal("CPU of a bare insert_arrow per CPU", sum(bare_cpu.values()) / sum(cpu.values()), 0.35),
        ],
    )
    p95 = statistics.quantiles(lags, n=20)[-1]
    show(
        f"anlyt_ingest_lag_seconds at {RATE:,} events/s for {seconds} s",
        ("samples", "median", "P95", "highest"),
        [(len(lags), statistics.median(lags), p95, max(lags))],
        [Goal("lag P95, seconds", p95, 60, at_most=True)],
    )


async def _bare(clickhouse: AsyncClient, pid: int) -> tuple[float, Mapping[str, float]]:
    """Inserts the stored rows into a table of the same form; returns rows per second, and CPU us per row."""
    await clickhouse.command("create table bare as facts_dlr")
    rows = await clickhouse.query_arrow("select * from facts_dlr")
    client, server, started = time.process_time(), cpu_seconds([pid]), time.perf_counter()
    for first in range(0, rows.num_rows, BATCH):
        await clickhouse.insert_arrow("bare", rows.slice(first, BATCH))
    rate = int(rows.num_rows) / (time.perf_counter() - started)
    spent = {"client": time.process_time() - client, "ClickHouse": cpu_seconds([pid]) - server}
    return rate, {name: cpu / rows.num_rows * 1e6 for name, cpu in spent.items()}


async def _lags(engines: Stores, client: Client, seconds: int) -> Sequence[float]:
    """The values of the lag gauge, read every quarter of a second while events arrive."""
    lags: list[float] = []
    async with ingest_process(engines, dlr_facts) as process:
        publishing = asyncio.create_task(keep_publishing(client, RATE, seconds))
        while not publishing.done():
            lags.append(await asyncio.to_thread(_lag, process.metrics))
            await asyncio.sleep(0.25)
        await publishing
    return lags


def _lag(metrics: str) -> float:
    with urlopen(metrics) as page:  # noqa: S310  # our own address
        families = text_string_to_metric_families(page.read().decode())
    [lag] = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "anlyt_ingest_lag_seconds" and sample.labels["function"] == dlr_facts.name
    ] or [0.0]
    return lag
