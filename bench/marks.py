"""Measures queries of a cube: the CPU time that marks cost, and how soon an answer counts an event.

Each path is measured beside a cube that is read without its marks, whose answer lags until the pipeline has run.
"""

import asyncio
import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from os import getpid
from pathlib import Path
from random import Random
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.cubes import CHUNK, MARK, START, TENANTS, fill
from bench.processes import cpu_seconds
from bench.report import Goal, show
from bench.stores import Stores, stores
from graph.access.budget import Charge
from graph.dsl.compile import Compiled, compile_query
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import FreshnessReader
from graph.dsl.marks import MarkReader
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from infra.endpoints import Engines
from pipelines import runs
from pipelines.stores import Stores as Work
from pipelines.stores import open_stores

DAYS: Final = 10
INTERVAL: Final = 15  # seconds between runs of the pipeline, as it is scheduled
LAST_HOUR: Final = START + timedelta(days=DAYS, hours=-1)
LARGEST: Final = OneTenant("tenant-000", None)
QUERY: Final[Mapping[str, Any]] = {
    "dataset": "dlr",
    "measures": ["messages"],
    "dimensions": ["status"],
    "time": {
        "from": START.isoformat(),
        "to": (START + timedelta(days=DAYS)).isoformat(),
        "granularity": "day",
        "timezone": "UTC",
    },
}
BY_HOUR: Final = {**QUERY, "time": {**QUERY["time"], "granularity": "hour"}}
PERCENTILE: Final = {**QUERY, "measures": ["p95LatencyMs"]}
QUERIES: Final[Sequence[tuple[str, Mapping[str, Any], QueryScope]]] = [
    ("a tenant, by day", QUERY, LARGEST),
    ("a tenant, by hour", BY_HOUR, LARGEST),
    ("a tenant, P95 by day", PERCENTILE, LARGEST),
    ("all tenants, by day", QUERY, AllTenants()),
]


async def run(folder: Path, *, smoke: bool) -> None:
    rows, rounds, events = (20_000, 2, 2) if smoke else (1_000_000, 25, 8)
    async with stores(folder) as engines:
        addresses = Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)
        async with open_stores(addresses) as work:
            client = await work.clickhouse.client()
            await fill(client, rows, timedelta(days=DAYS))
            await fill(client, rows, timedelta(hours=1), LAST_HOUR)
            await client.command(MARK)
            await runs.run(work, "cubes", CHUNK)
            await client.command("optimize table facts_dlr final")
            await client.command("optimize table cube_dlr_hourly final")
            await _costs(engines, work, rows, rounds)
            await _latency(work, client, events)


async def _costs(engines: Stores, work: Work, rows: int, rounds: int) -> None:
    client, engine = await work.clickhouse.client(), QueryEngine(work.clickhouse)
    reader = MarkReader(engine, FreshnessReader(engine))
    shown = []
    for name, query, scope in QUERIES:
        cube = compile_query(parse(query), scope, None)
        facts = cube.with_plan(cube.plan.of_facts("compared"))
        spent: list[float] = []
        for marked in (False, True):
            if marked:
                await client.command(
                    f"{MARK} where event_time >= toDateTime64({{first:UInt32}}, 6, 'UTC')",
                    parameters={"first": int(LAST_HOUR.timestamp())},
                )
            for path in [cube] if marked else [cube, cube, facts]:
                reads_marks = marked or len(spent) == 1
                spent.append(await _cpu(engines, engine, path, reader if reads_marks else None, rounds))
        await client.command("truncate table dirty")
        shown.append((name, *spent))
    columns = ("query", "the cube alone", "no marks", "facts alone", f"last hour of {TENANTS} tenants marked")
    show(f"CPU ms per query over {2 * rows:,} facts, half of them in the last hour", columns, shown, [])


async def _cpu(
    engines: Stores, engine: QueryEngine, compiled: Compiled, reader: MarkReader | None, rounds: int
) -> float:
    """The CPU milliseconds of this process and of ClickHouse for an answer, with its marks read by `reader`."""
    before = cpu_seconds([engines.clickhouse.pid]) + time.process_time()
    for number in range(rounds):
        current = (await reader.current(compiled)).compiled if reader else compiled
        prices = [] if current.plan.scope == AllTenants() else [current.count]
        await engine.run([current.rows, *prices], f"bench/{getpid()}/{number}", Charge())
    return (cpu_seconds([engines.clickhouse.pid]) + time.process_time() - before) / rounds * 1e3


async def _latency(work: Work, client: AsyncClient, events: int) -> None:
    """Stores single events at random times, and asks until both paths count them, while the pipeline runs."""
    engine, random = QueryEngine(work.clickhouse), Random(19)
    reader = MarkReader(engine, FreshnessReader(engine))
    cube = compile_query(parse(QUERY), LARGEST, None)
    pipeline = asyncio.create_task(_follow(work))
    seconds: dict[str, list[float]] = {"the cube alone": [], "with marks": []}
    for number in range(events):
        await asyncio.sleep(random.uniform(0, INTERVAL if events > 2 else 1))
        before = await _messages(engine, cube, reader)
        await _store(client, number)
        began = time.perf_counter()
        waiting: dict[str, MarkReader | None] = {"with marks": reader, "the cube alone": None}
        for attempt in count():
            for name, path in list(waiting.items()):
                if await _messages(engine, cube, path) > before:
                    seconds[name].append(time.perf_counter() - began)
                    del waiting[name]
            if not waiting:
                break
            await asyncio.sleep(0.01 if attempt == 0 else 0.1)
    pipeline.cancel()
    show(
        "From the mark of an event to the first answer that counts it, the pipeline running every 15 s",
        ("path", "events", "seconds (median)", "seconds (worst)"),
        [(name, len(each), statistics.median(each), max(each)) for name, each in seconds.items()],
        [Goal("seconds, worst, with marks", max(seconds["with marks"]), 1, at_most=True)],
    )


async def _follow(work: Work) -> None:
    while True:
        await runs.run(work, "cubes")
        await asyncio.sleep(INTERVAL)


async def _messages(engine: QueryEngine, cube: Compiled, reader: MarkReader | None) -> int:
    current = (await reader.current(cube)).compiled if reader else cube
    rows = await engine.read(current.rows)
    return int(sum(rows.columns[-1]))


async def _store(client: AsyncClient, number: int) -> None:
    """A fact of the largest tenant, and then the mark of its cell, as ingest writes them."""
    await client.insert(
        "facts_dlr",
        [[LARGEST.tenant_id, LAST_HOUR + timedelta(seconds=number), number, "DELIVERED", 1]],
        column_names=["tenant_id", "event_time", "event_key", "status", "ver"],
    )
    cell = ["cube_dlr_hourly", LARGEST.tenant_id, LAST_HOUR]
    await client.insert("dirty", [cell], column_names=["cube", "tenant_id", "hour"])
