"""The ClickHouse tables have the declared columns; the cluster form of their DDL is the plain form, replicated."""

from pathlib import Path

import pytest

from infra.clickhouse import connect
from infra.cluster import statements
from infra.embedded.engine import Engine
from schema.cubes import CUBES, CubeTable
from schema.facts import STORED_AT, TABLES, FactTable, stored_at, version
from tests.support.warehouse import empty_clickhouse

pytestmark = pytest.mark.anyio

DDL = Path(__file__).parents[2] / "schema/clickhouse"
FILES = {file.stem: file.read_text() for file in sorted(DDL.glob("*.sql"))}
COLUMNS = """
select name, type from system.columns
where database = 'anlyt' and table = {table:String} and default_kind = '' order by position
"""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
async def test_live_columns_are_the_declared_ones(clickhouse: Engine, table: FactTable) -> None:
    await empty_clickhouse(clickhouse.dsn)
    async with connect(clickhouse.dsn) as client:
        live = await client.query(COLUMNS, parameters={"table": table.name})
    assert sorted(map(tuple, live.result_rows)) == sorted(table.columns.items())
    assert [name for name, _ in live.result_rows[:3]] == list(table.columns)[:3]


@pytest.mark.parametrize("table", [table for table in TABLES if table.name.startswith("facts_")], ids=lambda t: t.name)
async def test_copies_replace_each_other_by_day_and_are_on_disk_when_told(clickhouse: Engine, table: FactTable) -> None:
    await empty_clickhouse(clickhouse.dsn)
    async with connect(clickhouse.dsn) as client:
        made = await client.query(
            "select engine_full, partition_key, sorting_key, primary_key from system.tables "
            "where database = 'anlyt' and name = {table:String}",
            parameters={"table": table.name},
        )
    engine, *keys = made.result_rows[0]
    assert engine.startswith("ReplacingMergeTree(ver) ")
    assert "fsync_after_insert = 1" in engine
    assert keys == ["toYYYYMMDD(event_time)", "tenant_id, event_time, event_key", "tenant_id, event_time"]


@pytest.mark.parametrize("cube", CUBES, ids=lambda cube: cube.name)
async def test_cubes_are_the_declared_ones(clickhouse: Engine, cube: CubeTable) -> None:
    """The dimensions, in order, are the sorting key, by which FINAL identifies rows."""
    await empty_clickhouse(clickhouse.dsn)
    async with connect(clickhouse.dsn) as client:
        live = await client.query(COLUMNS, parameters={"table": cube.name})
        made = await client.query(
            "select engine_full, sorting_key, primary_key from system.tables "
            "where database = 'anlyt' and name = {table:String}",
            parameters={"table": cube.name},
        )
    assert list(map(tuple, live.result_rows)) == list(cube.columns.items())
    engine, *keys = made.result_rows[0]
    assert engine.startswith("ReplacingMergeTree(ver, is_deleted) ")
    assert "fsync_after_insert = 1" in engine
    assert keys == [", ".join(cube.dimensions), f"tenant_id, {cube.time}"]


@pytest.mark.parametrize("name", FILES)
async def test_the_cluster_form_is_sql(clickhouse: Engine, name: str) -> None:
    plain, clustered = statements(FILES[name], None), statements(FILES[name], "main")
    assert len(plain) == len(clustered) > 0
    async with connect(clickhouse.dsn) as client:
        for statement in clustered:
            assert " on cluster 'main'" in statement or statement in plain
            assert statement.startswith("insert into") == (statement in plain)
            assert await client.command(f"explain ast {statement}")


def test_a_statement_of_the_cluster_form() -> None:
    sql = (
        "-- why; not\ncreate table if not exists anlyt.t (a Int8) -- one;\nengine = ReplacingMergeTree(a) order by a;\n"
    )
    assert statements(sql, None) == [
        "create table if not exists anlyt.t (a Int8) \nengine = ReplacingMergeTree(a) order by a"
    ]
    assert statements(sql, "c1") == [
        "create table if not exists anlyt.t on cluster 'c1' (a Int8) \n"
        "engine = ReplicatedReplacingMergeTree(a) order by a"
    ]


def test_what_has_no_cluster_form_is_refused() -> None:
    with pytest.raises(ValueError, match="This statement has no known cluster form: drop table"):
        statements("drop table anlyt.t;\n", "main")


async def test_the_time_of_storing_is_the_same_in_sql(clickhouse: Engine) -> None:
    """Versions count nanoseconds; those of earlier releases count microseconds."""
    newest, edge = 1_798_000_000_123_456, 1 << 51
    times = [0, 1, newest, edge - 1, edge, edge + 999, newest * 1000, newest * 1000 + 999]
    versions = [version(time) for time in times]
    async with connect(clickhouse.dsn, database="default") as client:
        sql = f"select {STORED_AT} from (select arrayJoin({{versions:Array(UInt64)}}) as ver)"
        found = await client.query(sql, parameters={"versions": versions})
    assert [at for (at,) in found.result_rows] == [stored_at(each) for each in versions]
    assert stored_at(version(newest)) == stored_at(version(newest * 1000)) == newest
