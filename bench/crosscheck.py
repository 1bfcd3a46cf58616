"""Measures the pipeline `crosscheck`: the CPU time of a run in all processes, and `meta.verified` of a query."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.cubes import CHUNK, MARK, START, fill
from bench.processes import cpu_seconds
from bench.report import Goal, show
from bench.reports import Scale
from bench.reports import fill as fill_hours
from bench.stores import Stores, stores
from graph.dsl.compile import compile_query
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant
from graph.dsl.verified import VerifiedReader
from infra.endpoints import Engines
from pipelines import runs
from pipelines.stores import Stores as Work
from pipelines.stores import open_stores

DAYS: Final = 10
INTERVAL: Final = 60  # seconds between runs of the pipeline, as it is scheduled
# The hours in PostgreSQL are not those of the facts: what differs is forgotten, so that each run asks new questions.
FORGET: Final = "truncate anlyt.crosscheck_suspicions"
CHECKED: Final = """
insert into anlyt.crosscheck_days (dataset, tenant_id, day, checked_at)
select dataset, 'tenant-' || tenant, date '2026-06-01' + day, now()
from unnest(array['dlr', 'cdr', 'compliance']) as dataset,
    generate_series(100, 299) as tenant, generate_series(0, 89) as day
on conflict do nothing
"""


async def run(folder: Path, *, smoke: bool) -> None:
    facts, rounds, scale = (50_000, 2, Scale(3, 10, 0, 0)) if smoke else (5_000_000, 20, Scale(30, 300, 0, 0))
    async with (
        stores(folder) as engines,
        open_stores(Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)) as work,
    ):
        client = await work.clickhouse.client()
        await fill(client, facts, timedelta(days=DAYS))
        await client.command(MARK)
        await runs.run(work, "cubes", CHUNK)
        await fill_hours(engines, datetime.now(UTC).replace(minute=0, second=0, microsecond=0), scale)
        await runs.run(work, "rollup")
        await _runs(engines, work, facts, rounds)
        await _verified(engines, work, 10 if smoke else 2_000)


async def _runs(engines: Stores, work: Work, facts: int, rounds: int) -> None:
    counts, spent, wall = Counter[str](), 0.0, 0.0
    for _ in range(rounds):
        await work.postgres.execute(FORGET)
        before, began = _cpu(engines), time.perf_counter()
        counts.update(await runs.run(work, "crosscheck"))
        spent, wall = spent + _cpu(engines) - before, wall + time.perf_counter() - began
    show(
        f"Runs of crosscheck over {facts:,} facts of {DAYS} days",
        ("runs", "questions per run", "too expensive", "seconds per run", "CPU seconds per run, all processes"),
        [(rounds, counts["questions"] / rounds, counts["too_expensive"], wall / rounds, spent / rounds)],
        [Goal("percent of one core, a run per minute", 100 * spent / rounds / INTERVAL, 3, at_most=True)],
    )


async def _verified(engines: Stores, work: Work, rounds: int) -> None:
    """The CPU time of reading what is verified of 90 days, without the query."""
    await work.postgres.execute(CHECKED)
    window = {"from": START.isoformat(), "to": (START + timedelta(days=90)).isoformat()}
    query = parse({"dataset": "dlr", "measures": ["messages"], "time": window})
    reader, shown = VerifiedReader(work.postgres), []
    for name, scope in (("a tenant", OneTenant("tenant-150", None)), ("all tenants", AllTenants())):
        plan = compile_query(query, scope, None).plan
        before = _cpu(engines)
        for _ in range(rounds):
            await reader.of(plan)
        shown.append((name, (_cpu(engines) - before) / rounds * 1e3))
    show(
        "CPU ms per query for `meta.verified` of 90 days, of this process and PostgreSQL",
        ("caller", "ms"),
        shown,
        [Goal("ms, a tenant", shown[0][1], 0.3, at_most=True)],
    )


def _cpu(engines: Stores) -> float:
    return (
        cpu_seconds([each.pid for each in (engines.nats, engines.postgres, engines.clickhouse)]) + time.process_time()
    )
