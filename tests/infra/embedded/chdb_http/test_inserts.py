import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import DatabaseError

from infra.embedded.engine import Engine

pytestmark = pytest.mark.anyio


@pytest.fixture
async def table(client: AsyncClient) -> AsyncIterator[str]:
    """A table with a default, a CHECK constraint, and one partition per day."""
    await client.command(
        "CREATE TABLE rows (at DateTime('UTC'), id UInt32, name Nullable(String), cost Decimal(18, 6) DEFAULT 1.5,"
        " CONSTRAINT small CHECK id < 1000000)"
        " ENGINE = MergeTree PARTITION BY toDate(at) ORDER BY id SETTINGS fsync_after_insert = 1"
    )
    yield "rows"
    await client.command("DROP TABLE rows")


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROWS = [[NOON, 1, "it's\t\\", Decimal("0.000001")], [NOON, 2, None, Decimal("-99.999999")]]


async def _count(client: AsyncClient) -> int:
    return int(str(await client.command("SELECT count() FROM rows")))


async def test_rows_come_back_as_they_went(client: AsyncClient, table: str) -> None:
    summary = await client.insert(table, ROWS, column_names=["at", "id", "name", "cost"])
    result = await client.query("SELECT at, id, name, cost FROM rows ORDER BY id", tz_mode="aware")
    assert [list(row) for row in result.result_rows] == ROWS
    assert summary.written_rows == 2


async def test_columns_left_out_get_their_defaults(client: AsyncClient, table: str) -> None:
    await client.insert(table, [[NOON, NOON], [1, 2]], column_names=["at", "id"], column_oriented=True)
    result = await client.query("SELECT DISTINCT name, cost FROM rows")
    assert result.result_rows == [(None, Decimal("1.5"))]


async def test_arrow(client: AsyncClient, table: str) -> None:
    await client.insert_arrow(table, pa.table({"id": pa.array([1, 2, 3], pa.uint32())}))
    assert (await client.query_arrow("SELECT id FROM rows ORDER BY id")).to_pydict() == {"id": [1, 2, 3]}


async def test_raw_rows(client: AsyncClient, table: str) -> None:
    await client.raw_insert(table, ["id", "name"], b"1,a\n2,b\n", fmt="CSV")
    await client.raw_insert(table, ["id"], '{"id": 3}', fmt="JSONEachRow")
    assert await _count(client) == 3


async def test_values_and_select(client: AsyncClient, table: str) -> None:
    await client.command("INSERT INTO rows (id, name) VALUES (1, 'x FORMAT TSV'), (2, NULL)")
    await client.command("INSERT INTO rows (id) SELECT number + 10 FROM numbers(5)")
    assert await _count(client) == 7


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", False])
async def test_compression(clickhouse: Engine, client: AsyncClient, table: str, compress: str | bool) -> None:
    async with await create_async_client(dsn=clickhouse.dsn, compress=compress) as other:
        # Several blocks, each compressed separately.
        context = await other.create_insert_context(table, column_names=["id"])
        context.data = [[number] for number in range(50_000)]
        context.block_row_count = 20_000
        await other.insert(context=context)
        assert (await other.query("SELECT uniqExact(id) FROM rows")).result_rows == [(50_000,)]


async def test_a_failed_check_is_an_error_and_writes_nothing(client: AsyncClient, table: str) -> None:
    with pytest.raises(DatabaseError) as failure:
        await client.insert(table, [[1], [1_000_000]], column_names=["id"])
    assert failure.value.code == 469
    assert await _count(client) == 0


async def test_rows_that_cannot_be_read_are_an_error(client: AsyncClient, table: str) -> None:
    with pytest.raises(DatabaseError) as failure:
        await client.raw_insert(table, ["id"], b"1\nx\n", fmt="CSV")
    assert failure.value.code == 117
    assert await _count(client) == 0


async def test_too_many_partitions_are_an_error(client: AsyncClient, table: str) -> None:
    days = [[datetime.fromtimestamp(86_400 * day, UTC), day] for day in range(1, 102)]
    with pytest.raises(DatabaseError) as failure:
        await client.insert(table, days, column_names=["at", "id"])
    assert failure.value.code == 252


async def test_concurrent_inserts(client: AsyncClient, table: str) -> None:
    batches = [[[batch * 1000 + number] for number in range(1000)] for batch in range(20)]
    await asyncio.gather(*(client.insert(table, batch, column_names=["id"]) for batch in batches))
    assert (await client.query("SELECT uniqExact(id), count() FROM rows")).result_rows == [(20_000, 20_000)]
