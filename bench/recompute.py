"""What it costs to compute cells again: ClickHouse's CPU time for each fact of an hour at density, by cube."""

import statistics
from datetime import timedelta
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.cubes import fill
from bench.processes import cpu_seconds
from bench.report import show
from bench.stores import Stores, stores
from infra.endpoints import Engines
from pipelines import runs
from pipelines.stores import open_stores

SQL: Final = Path(__file__).parent / "sql"
# Cube -> its facts, and the function that gives the beginning of a cell.
CUBES: Final = {
    "cube_dlr_hourly": ("facts_dlr", "toStartOfHour"),
    "cube_cdr_daily": ("facts_cdr", "toStartOfDay"),
    "cube_compliance_hourly": ("facts_compliance", "toStartOfHour"),
}
ROUNDS: Final = 3


async def run(folder: Path, *, smoke: bool) -> None:
    rows = 50_000 if smoke else 4_000_000
    async with stores(folder) as engines:
        found = [(cube, await _cost(engines, cube, rows)) for cube in CUBES]
    show(f"Every cell of one hour of {rows:,} facts again", ("cube", "CPU us a fact"), found, [])


async def _cost(engines: Stores, cube: str, rows: int) -> float:
    """The median of ROUNDS."""
    table, begin = CUBES[cube]
    addresses = Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)
    async with open_stores(addresses) as work:
        client = await work.clickhouse.client()
        await _fill(client, table, rows)
        spent = []
        for _ in range(ROUNDS):
            await client.command(
                f"insert into dirty (cube, tenant_id, hour) select distinct '{cube}', tenant_id, {begin}(event_time) "
                f"from {table}"
            )
            before = cpu_seconds([engines.clickhouse.pid])
            await runs.run(work, "cubes")
            spent.append((cpu_seconds([engines.clickhouse.pid]) - before) / rows * 1e6)
    return statistics.median(spent)


async def _fill(client: AsyncClient, table: str, rows: int) -> None:
    if table == "facts_dlr":
        await fill(client, rows, timedelta(hours=1))
    else:
        await client.command((SQL / f"fill_{table}.sql").read_text(), parameters={"rows": rows})
