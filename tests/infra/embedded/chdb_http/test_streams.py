import asyncio
import contextlib

import pyarrow as pa
import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError

from infra.embedded.engine import Engine

pytestmark = pytest.mark.anyio

ENDLESS = "SELECT count() FROM numbers(1000000000000) /* {mark} */"


async def _until(client: AsyncClient, mark: str, *, running: bool) -> None:
    sql = "SELECT count() > 0 FROM system.processes WHERE query LIKE {mark:String} AND query NOT LIKE '%processes%'"
    while await client.command(sql, parameters={"mark": f"%{mark}%"}) != int(running):
        await asyncio.sleep(0.02)


async def test_row_blocks(client: AsyncClient) -> None:
    total = 0
    async with await client.query_row_block_stream("SELECT number FROM numbers(2000000)") as blocks:
        async for block in blocks:
            total += sum(number for (number,) in block)
    assert total == sum(range(2_000_000))


async def test_arrow_batches(client: AsyncClient) -> None:
    rows = 0
    async with await client.query_arrow_stream("SELECT number, 'x' AS x FROM numbers(1000000)") as batches:
        async for batch in batches:
            assert batch.column_names == ["number", "x"]
            rows += batch.num_rows
    assert rows == 1_000_000


async def test_arrow_without_rows(client: AsyncClient) -> None:
    table = await client.query_arrow("SELECT 1 AS n WHERE 0")
    assert (table.column_names, table.num_rows) == (["n"], 0)


async def test_an_error_before_the_first_row_is_an_ordinary_error(client: AsyncClient) -> None:
    with pytest.raises(DatabaseError) as failure:
        await client.query_rows_stream("SELECT * FROM nowhere")
    assert failure.value.code == 60


async def test_an_error_in_the_middle_is_not_read_as_the_end(client: AsyncClient) -> None:
    sql = "SELECT throwIf(number = 1500000) FROM numbers(3000000)"
    async with await client.query_rows_stream(sql) as rows:
        with pytest.raises(StreamFailureError, match="FUNCTION_THROW_IF"):
            [row async for row in rows]
    with pytest.raises(pa.ArrowInvalid):
        await client.query_arrow(sql)


async def test_cancelling_a_query_kills_it(client: AsyncClient) -> None:
    task = asyncio.create_task(client.query(ENDLESS.format(mark="cancelled")))
    await _until(client, "cancelled", running=True)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await _until(client, "cancelled", running=False)


async def test_leaving_a_stream_kills_its_query(client: AsyncClient) -> None:
    async with await client.query_rows_stream("SELECT number FROM numbers(1000000000000) /* left */") as rows:
        async for _ in rows:
            break
    await _until(client, "left", running=False)


async def test_a_client_that_leaves_at_once(clickhouse: Engine, client: AsyncClient) -> None:
    """The client may disconnect before the query begins."""
    for number in range(20):
        await _send(clickhouse, ENDLESS.format(mark=f"fleeting {number}").encode())
    await _until(client, "fleeting", running=False)


async def test_half_a_statement_is_not_run(clickhouse: Engine, client: AsyncClient) -> None:
    await client.command("CREATE TABLE halves (n UInt8) ENGINE = MergeTree ORDER BY n")
    await _send(clickhouse, b"INSERT INTO halves VALUES (1)", announced=100)
    await _send(clickhouse, b"INSERT INTO halves FORMAT CSV\n1\n2\n", announced=100)
    assert await client.command("SELECT count() FROM halves") == 0
    await client.command("DROP TABLE halves")


async def _send(clickhouse: Engine, body: bytes, announced: int | None = None) -> None:
    """Sends one request and disconnects without waiting for the response."""
    _, writer = await asyncio.open_connection("127.0.0.1", clickhouse.port)
    length = announced or len(body)
    writer.write(b"POST /?database=anlyt HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % length + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
