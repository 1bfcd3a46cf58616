"""All pages together are the whole answer, with each row once, in any order, also while facts arrive."""

from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.access.cursors import PagePosition
from graph.dsl.compile import Compiled, compile_query
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant
from graph.errors import InvalidQueryError
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from tests.graph.support import engine_rows
from tests.graph.support.random_queries import Query, random_query
from tests.graph.support.warehouse_facts import add, facts, fill, report

pytestmark = pytest.mark.anyio

PAGE = 7


@pytest.fixture
def random(seed: int) -> Random:
    return Random(seed)


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine, seed: int) -> None:
    await fill(clickhouse.dsn, facts(Random(seed), 60))


@pytest.fixture
async def client(clickhouse: Engine, filled: None) -> AsyncIterator[AsyncClient]:
    async with connect(clickhouse.dsn) as client:
        yield client


async def walk(client: AsyncClient, query: Query, limit: int) -> Sequence[Sequence[Any]]:
    """Reads all rows page by page."""
    walked: list[Sequence[Any]] = []
    position: PagePosition | None = None
    while True:
        compiled = compile_query(parse(query | {"limit": limit}), AllTenants(), position)
        page = await engine_rows.raw_rows(client, compiled.rows)
        assert len(page) <= limit + 1
        walked += page[:limit]
        position = engine_rows.next_position(compiled, page)
        if position is None:
            return walked


async def test_pages_are_the_whole_answer(client: AsyncClient, random: Random) -> None:
    walked = 0
    while walked < 10:
        query = random_query(random) | {"compareTo": None, "totals": False}
        compiled = compile_query(parse(query | {"limit": 10_000}), AllTenants(), None)
        whole = await engine_rows.raw_rows(client, compiled.rows)
        if not PAGE < len(whole) < 15 * PAGE or compiled.approximate:
            continue
        assert list(map(tuple, await walk(client, query, PAGE))) == list(map(tuple, whole)), query
        walked += 1


async def test_new_facts_do_not_move_other_rows(client: AsyncClient, random: Random) -> None:
    """Earlier groups appear once and in order, whatever is inserted between two pages."""
    query = {
        "dataset": "dlr",
        "measures": ["messages"],
        "dimensions": ["errorCode", "accountId"],
        "time": {"from": "2020-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z", "granularity": "hour"},
        "orderBy": [{"field": "time", "direction": "desc"}, {"field": "errorCode"}],
        "limit": PAGE,
    }
    whole = compile_query(parse(query | {"limit": 10_000}), AllTenants(), None)
    before = [tuple(row[:3]) for row in await engine_rows.raw_rows(client, whole.rows)]
    walked: list[tuple[Any, ...]] = []
    position: PagePosition | None = None
    while True:
        compiled = compile_query(parse(query), AllTenants(), position)
        page = await engine_rows.raw_rows(client, compiled.rows)
        walked += [tuple(row[:3]) for row in page[:PAGE]]
        position = engine_rows.next_position(compiled, page)
        if position is None:
            break
        await add(client, "dlr", [report(random)])
    assert len(set(walked)) == len(walked)
    assert [row for row in walked if row in set(before)] == before


@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_later_pages_read_less(client: AsyncClient, direction: str) -> None:
    """The position bounds the time column, because the sort key cannot use computed buckets."""
    query = {
        "dataset": "dlr",
        "measures": ["messages"],
        "dimensions": ["accountId"],
        "time": {"from": "2020-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z", "granularity": "day"},
        "orderBy": [{"field": "time", "direction": direction}],
    }
    middle = "1774742400"  # 2026-03-29
    first = compile_query(parse(query), AllTenants(), None)
    later = compile_query(parse(query), AllTenants(), (1, middle, "a-1"))
    assert 0 < await estimated(client, later) < await estimated(client, first)


async def estimated(client: AsyncClient, compiled: Compiled) -> int:
    """The number of rows that the engine expects to read."""
    return sum(row[3] for row in await engine_rows.raw_rows(client, compiled.estimate))


async def test_pages_sorted_by_percentiles_agree(client: AsyncClient) -> None:
    query = {
        "dataset": "dlr",
        "measures": ["p95LatencyMs"],
        "dimensions": ["mno", "lane", "status"],
        "time": {"from": "2020-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
        "orderBy": [{"field": "p95LatencyMs", "direction": "desc"}],
    }
    compiled = compile_query(parse(query), AllTenants(), None)
    assert compiled.rows.settings == {"max_threads": 1}
    whole = await engine_rows.raw_rows(client, compiled.rows)
    assert whole[-1][-1] is None  # of pending ones
    assert list(map(tuple, await walk(client, query, 5))) == list(map(tuple, whole))


async def test_a_page_ends_at_the_cap(client: AsyncClient) -> None:
    query = {
        "dataset": "dlr",
        "measures": ["messages"],
        "dimensions": ["mno"],
        "time": {"from": "2020-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
    }
    last = compile_query(parse(query), AllTenants(), (99_999, "A"))
    assert (last.skipped, last.limit, last.row_cap) == (99_999, 1, 100_000)
    page = await engine_rows.raw_rows(client, last.rows)
    assert len(page) == 2
    assert last.end(page[0]) == (100_000, "AWCC")


@pytest.mark.parametrize("position", [(), ("5", "A"), (0, "A"), (100_000, "A"), (5,), (5, "A", "B"), (5, 7)], ids=repr)
async def test_a_position_of_no_page_is_refused(position: PagePosition) -> None:
    query = {
        "dataset": "dlr",
        "measures": ["messages"],
        "dimensions": ["mno"],
        "time": {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"},
    }
    with pytest.raises(InvalidQueryError) as caught:
        compile_query(parse(query), OneTenant("t-1", None), position)
    assert [problem.path for problem in caught.value.problems] == ["$.after"]
