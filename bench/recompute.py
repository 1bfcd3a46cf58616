"""Measures ClickHouse's CPU time per fact when the cells of a day's last hour are recomputed, per hourly cube.

Each earlier hour has a tenth of the last hour's facts. Their cells add to the cost, because the daily cells read them.
"""

import statistics
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench.cubes import CHUNK, START, fill
from bench.processes import cpu_seconds
from bench.report import show
from bench.stores import Stores, stores
from infra.endpoints import Engines
from pipelines import runs
from pipelines.stores import open_stores
from schema.facts import Cube

SQL: Final = Path(__file__).parent / "sql"
FACTS_OF: Final[Mapping[Cube, str]] = {
    "cube_dlr_hourly": "facts_dlr",
    "cube_cdr_hourly": "facts_cdr",
    "cube_compliance_hourly": "facts_compliance",
}
LAST: Final = 23  # hour
ROUNDS: Final = 3


async def run(folder: Path, *, smoke: bool) -> None:
    rows = 50_000 if smoke else 4_000_000
    async with stores(folder) as engines:
        costs = [(cube, await _cost(engines, cube, rows)) for cube in FACTS_OF]
    show(f"All cells of a day's last hour, recomputed; {rows:,} facts", ("cube", "CPU us per fact"), costs, [])


async def _cost(engines: Stores, cube: Cube, rows: int) -> float:
    """The median CPU microseconds per fact of all rounds."""
    addresses = Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)
    async with open_stores(addresses) as work:
        client = await work.clickhouse.client()
        for hour in range(LAST):
            await _fill(client, FACTS_OF[cube], rows // 10, hour)
        await _mark(client, cube, first=0)
        await runs.run(work, "cubes", CHUNK)
        await client.command(f"optimize table {FACTS_OF[cube]} final")  # otherwise the rounds would measure this merge
        await _fill(client, FACTS_OF[cube], rows, LAST)
        spent = []
        for _ in range(ROUNDS):
            await _mark(client, cube, first=LAST)
            before = cpu_seconds([engines.clickhouse.pid])
            await runs.run(work, "cubes")
            spent.append((cpu_seconds([engines.clickhouse.pid]) - before) / rows * 1e6)
    return statistics.median(spent)


async def _mark(client: AsyncClient, cube: Cube, first: int) -> None:
    """Marks every cell from the hour `first` on as dirty."""
    await client.command(
        f"insert into dirty (cube, tenant_id, hour) select distinct '{cube}', tenant_id, toStartOfHour(event_time) "
        f"from {FACTS_OF[cube]} where event_time >= {{first:DateTime('UTC')}}",
        parameters={"first": START + timedelta(hours=first)},
    )


async def _fill(client: AsyncClient, table: str, rows: int, hour: int) -> None:
    start = START + timedelta(hours=hour)
    if table == "facts_dlr":
        await fill(client, rows, timedelta(hours=1), start)
    else:
        await client.command((SQL / f"fill_{table}.sql").read_text(), parameters={"rows": rows, "hour": start})
