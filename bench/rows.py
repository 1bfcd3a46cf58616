"""Measures bytes on disk per fact, claim, hourly row and message: the figures behind docs/capacity.md."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench import ledger, reports
from bench.cubes import START
from bench.events import delivery_reports
from bench.host import publish
from bench.report import show
from bench.stores import Stores, stores
from infra import clickhouse, nats
from infra.endpoints import Engines
from infra.postgres import Connection, open_pool
from ingest.partitions import Partitions
from pipelines import runs
from pipelines.stores import open_stores
from schema.streams import SMS_DLR

SQL: Final = Path(__file__).parent / "sql"
FACTS: Final = ("facts_cdr", "facts_compliance")
CUBES: Final = ("cube_cdr_hourly", "cube_cdr_daily")
MARK: Final = """
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct 'cube_cdr_hourly', tenant_id, toStartOfHour(event_time) from anlyt.facts_cdr
"""
BYTES: Final = """
select sum(bytes_on_disk) from system.parts where database = 'anlyt' and active and table = {table:String}
"""
# The share of the text columns, which are ids, in the compressed bytes.
IDS: Final = """
select sum(data_compressed_bytes * (type = 'String')) / sum(data_compressed_bytes) from system.columns
where database = 'anlyt' and table = {table:String}
"""
# Bytes per row over all partitions, indexes and TOAST included.
SIZE: Final = """
select sum(pg_total_relation_size(relid)) / (select count(*) from {table})
from pg_partition_tree('{table}') where isleaf
"""


async def run(folder: Path, *, smoke: bool) -> None:
    rows = 50_000 if smoke else 5_000_000
    scale = reports.SMOKE if smoke else reports.Scale(days=30, accounts=300, rounds=0, seconds=0)
    async with stores(folder) as engines:
        async with clickhouse.connect(engines.clickhouse.url) as client:
            sizes = [(name, *await _fact(client, name, rows)) for name in FACTS]
            sizes += [(name, size / rows, "-") for name, size in await _cubes(engines, client)]
        async with engines.connection() as connection:
            sizes.append(("processed_events", await _claim(engines, connection, rows), "-"))
            await reports.fill(engines, datetime.now(UTC).replace(minute=0, second=0, microsecond=0), scale)
            sizes.append(("metrics_hourly", await _size(connection, "anlyt.metrics_hourly"), "-"))
        sizes.append((SMS_DLR.name, await _message(engines, rows // 50), "-"))
    show("Bytes on disk", ("stored", "bytes each", "share of ids in text"), sizes, [])


async def _fact(client: AsyncClient, table: str, rows: int) -> tuple[float, str]:
    """Bytes per row after merging, and the share of ids. Rows stay unmerged for their first minutes only."""
    await client.command((SQL / f"fill_{table}.sql").read_text(), parameters={"rows": rows, "hour": START})
    size = await _merged_size(client, table)
    [(ids,)] = (await client.query(IDS, parameters={"table": table})).result_rows
    return size / rows, f"{ids:.0%}"


async def _cubes(engines: Stores, client: AsyncClient) -> Sequence[tuple[str, int]]:
    """Bytes of each cube of call detail records."""
    await client.command(MARK)
    async with open_stores(Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)) as work:
        await runs.run(work, "cubes")
    return [(cube, await _merged_size(client, cube)) for cube in CUBES]


async def _merged_size(client: AsyncClient, table: str) -> int:
    """Merges a table; returns its bytes on disk."""
    await client.command(f"optimize table anlyt.{table} final")
    [(size,)] = (await client.query(BYTES, parameters={"table": table})).result_rows
    return int(size)


async def _claim(engines: Stores, connection: Connection, rows: int) -> float:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    async with open_pool(engines.postgres.url, size=1) as pool:
        await Partitions(pool).ensure([day.date()])
        await pool.execute(ledger.FILL, day, rows, timeout=1800)
    return await _size(connection, "anlyt.processed_events")


async def _size(connection: Connection, table: str) -> float:
    return float(await connection.fetchval(SIZE.format(table=table), timeout=600))


async def _message(engines: Stores, count: int) -> float:
    """Bytes per message in one replica of the stream."""
    async with nats.connect(engines.nats.url) as client:
        await publish(client, list(delivery_reports(count)))
        state = (await client.jetstream().stream_info(SMS_DLR.name)).state
        return state.bytes / state.messages
