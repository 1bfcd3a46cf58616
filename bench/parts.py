"""Shows what small batches cost ClickHouse: parts, merges and CPU while delivery reports arrive at a steady rate."""

import asyncio
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient
from nats.aio.client import Client

from bench.host import ingest_process, keep_publishing
from bench.processes import cpu_seconds
from bench.report import Goal, show
from bench.stores import Stores, stores
from functions.dlr_facts import dlr_facts
from infra import nats
from infra.clickhouse import connect

RATES: Final = (100, 3_000)  # events per second
ACTIVE: Final = "select table, count() from system.parts where active and database = 'anlyt' group by table"
COUNTERS: Final = """
select event, value from system.events
where event in ('InsertQuery', 'InsertedRows', 'MergedRows', 'Merge')
"""


@dataclass(frozen=True, slots=True)
class Period:
    """Parts and merges of all tables, and CPU microseconds per event, while events arrived at one rate."""

    rate: int
    seconds: int
    active: list[int]  # parts of facts_dlr, each second
    marks: list[int]  # parts of dirty
    counters: Mapping[str, int]
    worker: float
    clickhouse: float

    def row(self) -> tuple[Any, ...]:
        counters, events = self.counters, self.rate * self.seconds
        return (
            f"{self.rate:,}",
            counters["InsertQuery"] / self.seconds,
            counters["Merge"] / self.seconds,
            counters["MergedRows"] / counters["InsertedRows"],
            statistics.median(self.active),
            max(self.active),
            max(self.marks),
            f"{self.worker / events * 1e6:.0f}, {self.clickhouse / events * 1e6:.0f}",
        )


async def run(folder: Path, *, smoke: bool) -> None:
    seconds = 5 if smoke else 600
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        periods = [await _period(engines, client, rate, seconds) for rate in RATES]
    show(
        f"Parts of facts_dlr and of its marks, {seconds} s per rate",
        (
            *("events/s", "inserts/s", "merges/s", "rows merged per row inserted", "parts, median", "parts, highest"),
            *("parts of marks, highest", "CPU us per event, worker, ClickHouse"),
        ),
        [period.row() for period in periods],
        [Goal("most parts of a table", max(max(each.active + each.marks) for each in periods), 300, at_most=True)],
    )


async def _period(engines: Stores, client: Client, rate: int, seconds: int) -> Period:
    async with connect(engines.clickhouse.url) as clickhouse, ingest_process(engines, dlr_facts) as worker:
        pids = (worker.pid, engines.clickhouse.pid)
        before, cpu = await _counters(clickhouse), [cpu_seconds([each]) for each in pids]
        active, marks = list[int](), list[int]()
        publishing = asyncio.create_task(keep_publishing(client, rate, seconds))
        while not publishing.done():
            parts = await _pairs(clickhouse, ACTIVE)
            active.append(parts.get("facts_dlr", 0))
            marks.append(parts.get("dirty", 0))
            await asyncio.sleep(1)
        await publishing
        after = await _counters(clickhouse)
        spent = [cpu_seconds([each]) - was for each, was in zip(pids, cpu, strict=True)]
    return Period(rate, seconds, active, marks, {name: after[name] - before[name] for name in after}, *spent)


async def _counters(clickhouse: AsyncClient) -> dict[str, int]:
    """The engine's counters since its start; those that never moved are missing from its table."""
    found = await _pairs(clickhouse, COUNTERS)
    return {name: found.get(name, 0) for name in ("InsertQuery", "InsertedRows", "MergedRows", "Merge")}


async def _pairs(clickhouse: AsyncClient, statement: str) -> dict[str, int]:
    return {name: int(value) for name, value in (await clickhouse.query(statement)).result_rows}
