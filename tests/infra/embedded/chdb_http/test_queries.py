"""The server answers the unmodified client's requests as ClickHouse does."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import DatabaseError

pytestmark = pytest.mark.anyio

TYPES = [
    ("toUInt64(18446744073709551615)", 2**64 - 1),
    ("toInt128('-170141183460469231731687303715884105728')", -(2**127)),
    ("toDecimal64('12.345600', 6)", Decimal("12.345600")),
    ("1.5::Float32", 1.5),
    ("'a\\0ü'", "a\0ü"),
    ("toFixedString('ab', 2)", b"ab"),
    ("NULL::Nullable(String)", None),
    ("toLowCardinality('x')", "x"),
    ("toDate('2026-01-31')", date(2026, 1, 31)),
    ("toDateTime64('2026-01-31 23:59:59.123', 3, 'UTC')", datetime(2026, 1, 31, 23, 59, 59, 123000)),
    ("toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')", UUID("61f0c404-5cb3-11e7-907b-a6006ad3dba0")),
    ("[1, 2]", [1, 2]),
    ("('a', 1)", ("a", 1)),
    ("map('k', 1)", {"k": 1}),
    ("CAST('b', 'Enum8(\\'a\\' = 1, \\'b\\' = 2)')", "b"),
    ("true", True),
]


@pytest.mark.parametrize(("expression", "value"), TYPES)
async def test_types(client: AsyncClient, expression: str, value: object) -> None:
    result = await client.query(f"SELECT {expression}")
    assert result.result_rows == [(value,)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String", "it's \\ a\ttab\nand `more` ü"),
        ("String", "long " * 100_000),
        ("UInt64", 2**64 - 1),
        ("Array(String)", ["a'b", "\\", ""]),
        ("Nullable(String)", None),
        ("Decimal(18, 6)", Decimal("-0.000001")),
        ("Date", date(2026, 2, 28)),
    ],
)
async def test_parameters_are_bound_by_the_engine(client: AsyncClient, kind: str, value: object) -> None:
    result = await client.query(f"SELECT {{value:{kind}}}", parameters={"value": value})
    assert result.result_rows == [(value,)]


async def test_a_time_parameter(client: AsyncClient) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    result = await client.query("SELECT toUnixTimestamp({moment:DateTime('UTC')})", parameters={"moment": moment})
    assert result.result_rows == [(int(moment.timestamp()),)]


async def test_an_identifier_parameter(client: AsyncClient) -> None:
    sql = "SELECT count() FROM {database:Identifier}.{table:Identifier}"
    result = await client.query(sql, parameters={"database": "system", "table": "one"})
    assert result.result_rows == [(1,)]


async def test_columns_of_an_empty_result(client: AsyncClient) -> None:
    for sql in ("SELECT 1 AS a, 'x' AS b LIMIT 0", "SELECT 1 AS a, 'x' AS b WHERE 0 FORMAT JSON"):
        meta = (await client.raw_query(sql, fmt=None if "FORMAT" in sql else "JSON")).decode()
        assert '"name": "b"' in meta
    empty = await client.query("SELECT 1 AS a WHERE 0 LIMIT 0")
    assert (empty.column_names, empty.result_rows) == (("a",), [])


async def test_the_summary_counts_what_was_read(client: AsyncClient) -> None:
    summary = (await client.query("SELECT count() FROM numbers(1000)")).summary
    assert (summary["read_rows"], summary["result_rows"]) == ("1000", "1")


async def test_commands_and_the_database_of_the_address(client: AsyncClient) -> None:
    assert await client.command("SELECT currentDatabase()") == "anlyt"
    await client.command("CREATE TABLE commands (n UInt8) ENGINE = MergeTree ORDER BY n")
    assert await client.command("EXISTS TABLE anlyt.commands") == 1
    await client.command("DROP TABLE commands")


@pytest.mark.parametrize(("fmt", "expected"), [("JSONEachRow", b'{"n":1}\n'), ("CSVWithNames", b'"n"\n1\n')])
async def test_other_formats(client: AsyncClient, fmt: str, expected: bytes) -> None:
    assert await client.raw_query("SELECT 1 AS n", fmt=fmt) == expected


ERRORS: list[tuple[str, dict[str, Any], int]] = [
    ("SELEC 1", {}, 62),
    ("SELECT * FROM nowhere", {}, 60),
    ("SELECT * FROM nowhere.t", {}, 81),
    ("SELECT unknown_column", {}, 47),
    ("SELECT 1 SETTINGS no_such_setting = 1", {}, 115),
    ("SELECT throwIf(1)", {}, 395),
    ("SELECT groupArray(number) FROM numbers(10000000)", {"max_memory_usage": 1_000_000}, 241),
    ("SELECT count() FROM numbers(100000000000)", {"max_execution_time": 0.2}, 159),
    ("SELECT * FROM numbers(1000)", {"max_result_rows": 10}, 396),
    ("SELECT * FROM numbers(1000)", {"max_rows_to_read": 10}, 158),
    ("CREATE TABLE t (n UInt8) ENGINE = Memory", {"readonly": 1}, 164),
]


@pytest.mark.parametrize(("sql", "settings", "code"), ERRORS)
async def test_errors_have_the_codes_of_the_engine(
    client: AsyncClient, sql: str, settings: dict[str, Any], code: int
) -> None:
    with pytest.raises(DatabaseError, match=f"Code: {code}") as failure:
        await client.query(sql, settings=settings)
    assert failure.value.code == code


async def test_settings_hold_for_one_query(client: AsyncClient) -> None:
    ask = "SELECT getSetting('max_block_size'), getSetting('async_insert')"
    [before] = (await client.query(ask)).result_rows
    [during] = (await client.query(ask, settings={"max_block_size": 7, "async_insert": 1})).result_rows
    await client.command("SET max_block_size = 9")
    [after] = (await client.query(ask)).result_rows
    assert before == after == (65409, False)
    assert during == (7, True)


async def test_concurrent_queries_do_not_mix(client: AsyncClient) -> None:
    ask = "SELECT {n:UInt32}, getSetting('max_block_size'), sum(number) FROM numbers({n:UInt32})"
    results = await asyncio.gather(
        *(client.query(ask, parameters={"n": n}, settings={"max_block_size": n}) for n in range(1, 101))
    )
    expected = [(n, n, n * (n - 1) // 2) for n in range(1, 101)]
    assert [row for result in results for row in result.result_rows] == expected


async def test_ping(client: AsyncClient) -> None:
    assert await client.ping()
