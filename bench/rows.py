"""What a fact, a claim, an hour's figures and a message take on disk: the figures behind docs/capacity.md."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from bench import ledger, reports
from bench.events import delivery_reports
from bench.host import publish
from bench.report import show
from bench.stores import Stores, stores
from infra import clickhouse, nats
from infra.postgres import Connection, open_pool
from ingest.partitions import Partitions
from schema.streams import SMS_DLR

SQL: Final = Path(__file__).parent / "sql"
FACTS: Final = ("facts_cdr", "facts_compliance")
BYTES: Final = """
select sum(bytes_on_disk) / sum(rows) from system.parts
where database = 'anlyt' and active and table = {table:String}
"""
# The share of columns that are ids in text.
IDS: Final = """
select sum(data_compressed_bytes * (type = 'String')) / sum(data_compressed_bytes) from system.columns
where database = 'anlyt' and table = {table:String}
"""
# Of all partitions, indexes and TOAST included.
SIZE: Final = """
select sum(pg_total_relation_size(relid)) / (select count(*) from {table})
from pg_partition_tree('{table}') where isleaf
"""


async def run(folder: Path, *, smoke: bool) -> None:
    rows = 50_000 if smoke else 5_000_000
    scale = reports.SMOKE if smoke else reports.Scale(days=30, accounts=300, rounds=0, seconds=0)
    async with stores(folder) as engines:
        async with clickhouse.connect(engines.clickhouse.url) as client:
            found = [(name, *await _fact(client, name, rows)) for name in FACTS]
        async with engines.connection() as connection:
            found.append(("processed_events", await _claim(engines, connection, rows), "-"))
            await reports.fill(engines, datetime.now(UTC).replace(minute=0, second=0, microsecond=0), scale)
            found.append(("metrics_hourly", await _size(connection, "anlyt.metrics_hourly"), "-"))
        found.append((SMS_DLR.name, await _message(engines, rows // 50), "-"))
    show("Bytes on disk", ("what", "bytes each", "ids in text"), found, [])


async def _fact(client: AsyncClient, table: str, rows: int) -> tuple[float, str]:
    """Bytes a row, merged, as it is for all but its first minutes; the share of ids."""
    await client.command((SQL / f"fill_{table}.sql").read_text(), parameters={"rows": rows})
    await client.command(f"optimize table anlyt.{table} final")
    [(bytes_,)] = (await client.query(BYTES, parameters={"table": table})).result_rows
    [(ids,)] = (await client.query(IDS, parameters={"table": table})).result_rows
    return float(bytes_), f"{ids:.0%}"


async def _claim(engines: Stores, connection: Connection, rows: int) -> float:
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    async with open_pool(engines.postgres.url, size=1) as pool:
        await Partitions(pool).ensure([day.date()])
        await pool.execute(ledger.FILL, day, rows, timeout=1800)
    return await _size(connection, "anlyt.processed_events")


async def _size(connection: Connection, table: str) -> float:
    return float(await connection.fetchval(SIZE.format(table=table), timeout=600))


async def _message(engines: Stores, count: int) -> float:
    """In one copy of the stream."""
    async with nats.connect(engines.nats.url) as client:
        await publish(client, list(delivery_reports(count)))
        state = (await client.jetstream().stream_info(SMS_DLR.name)).state
        return state.bytes / state.messages
