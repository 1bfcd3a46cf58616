import asyncio
from pathlib import Path

import pytest
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.exceptions import DatabaseError

from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine

pytestmark = pytest.mark.anyio


async def _ask(engine: Engine, sql: str) -> object:
    client = await create_async_client(dsn=engine.dsn, query_retries=0)
    try:
        return await client.command(sql)
    finally:
        await client.close()


async def test_acknowledged_inserts_survive_kills(tmp_path: Path) -> None:
    """Two writers insert until the engine is killed, twice."""
    acknowledged: set[int] = set()

    async def write(engine: Engine, begin: int) -> None:
        async with await create_async_client(dsn=engine.dsn) as client:
            for batch in range(begin, begin + 1_000):
                await client.insert("kept", [[batch * 100 + row] for row in range(100)], column_names=["n"])
                acknowledged.add(batch)

    async with clickhouse_server(tmp_path) as engine:
        await _ask(engine, "CREATE TABLE kept (n UInt64) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1")
        for life in range(2):
            writers = [asyncio.create_task(write(engine, (2 * life + writer) * 1_000)) for writer in range(2)]
            expected = len(acknowledged) + 10
            while len(acknowledged) < expected:
                await asyncio.sleep(0.01)
            await engine.kill()
            assert all(isinstance(end, DatabaseError) for end in await asyncio.gather(*writers, return_exceptions=True))
            await engine.start()
            async with await create_async_client(dsn=engine.dsn) as client:
                rows = (await client.query("SELECT intDiv(n, 100), count() FROM kept GROUP BY 1")).result_rows
            assert {batch for batch, count in rows if count == 100} >= acknowledged
            assert {count for _, count in rows} == {100}


async def test_a_stop_ends_running_queries_and_keeps_rows(tmp_path: Path) -> None:
    async with clickhouse_server(tmp_path) as engine:
        await _ask(engine, "CREATE TABLE kept ENGINE = MergeTree ORDER BY number AS SELECT * FROM numbers(10)")
        endless = asyncio.create_task(_ask(engine, "SELECT count() FROM numbers(1000000000000)"))
        while await _ask(engine, "SELECT count() FROM system.processes") != 2:
            pass
        await engine.stop()
        with pytest.raises(DatabaseError):
            await endless
        await engine.start()
        assert await _ask(engine, "SELECT count() FROM kept") == 10


async def test_a_memory_limit_and_a_folder_with_signs_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "a+b c?d=e&f%20'ü"
    async with clickhouse_server(folder, settings={"max_server_memory_usage": "700000000"}) as engine:
        with pytest.raises(DatabaseError) as failure:
            await _ask(engine, "SELECT length(groupArray(number)) FROM numbers(200000000)")
        assert failure.value.code == 241
        assert await _ask(engine, "SELECT count() FROM system.databases WHERE name = 'anlyt'") == 1
    assert {"data", "config.xml", "engine.log"} < {path.name for path in folder.iterdir()}


async def test_a_time_zone_and_a_profile(tmp_path: Path) -> None:
    """As in ClickHouse, a statement's own settings override the profile's."""
    zone, profile = {"timezone": "Asia/Kabul"}, {"join_use_nulls": "1", "max_threads": "1"}
    async with clickhouse_server(tmp_path, settings=zone, profile=profile) as engine:
        client = await create_async_client(dsn=engine.dsn, query_retries=0)
        result = await client.query(
            "select serverTimezone(), toUnixTimestamp(toDateTime('2026-01-01 04:30:00')), "
            "getSetting('join_use_nulls'), getSetting('max_threads')",
            settings={"max_threads": 2},
        )
        await client.close()
    assert result.result_rows == [("Asia/Kabul", 1767225600, True, 2)]
