"""Answers of cubes, of facts and of plain Python are the same; whatever the zone, the window and the filter."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.dsl import statements
from graph.dsl.compile import Compiled, compile_query
from graph.dsl.parse import parse
from graph.dsl.render import render
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from infra.embedded.engine import Engine
from tests.graph.support import asking, counting
from tests.graph.support.counting import Samples
from tests.graph.support.questions import question
from tests.graph.support.warehouse_facts import Fact, facts, fill
from tests.support.warehouse import opened

pytestmark = pytest.mark.anyio

LETTERS = {"AWCC": "MNO-B", "ROSHAN": "MNO-A", "unknown": "unknown"}  # and MTN_AF has none yet
SCOPES: Sequence[QueryScope] = [
    AllTenants(),
    OneTenant("t-1", None),
    OneTenant("t-2", tuple(LETTERS.items())),
]
COUNT = 300
QUESTIONS = 80


@pytest.fixture(scope="module")
def data(seed: int) -> Mapping[str, Sequence[Fact]]:
    return facts(Random(seed), COUNT)


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine, data: Mapping[str, Sequence[Fact]]) -> None:
    await fill(clickhouse.dsn, data)


@pytest.fixture
async def client(clickhouse: Engine, filled: None) -> AsyncIterator[AsyncClient]:
    async with opened(clickhouse.dsn) as client:
        yield client


async def test_cubes_facts_and_python_agree(client: AsyncClient, data: Mapping[str, Sequence[Fact]], seed: int) -> None:
    random, number = Random(seed), 0
    sources: set[str] = set()
    while number < QUESTIONS or len(sources) < 7:
        number += 1
        scope = random.choice(SCOPES)
        masked = isinstance(scope, OneTenant) and scope.pseudonyms is not None
        query = question(random, masked=masked) | {"limit": 10_000}
        compiled = compile_query(parse(query), scope, None)
        sources.add(compiled.source)
        expected = _expected(query, data[query["dataset"]], scope)
        for each in _of_every_table(compiled):
            told = await asking.rows(client, each, each.rows)
            assert _differences(told, expected) == [], (seed, number, each.source, query, each.rows.sql)
        if compiled.totals is not None:
            whole = counting.totals(query, data[query["dataset"]], *_seen(scope))
            told = await asking.rows(client, compiled, compiled.totals)
            assert _differences(told, [whole]) == [], (seed, number, compiled.source, query)


def _of_every_table(compiled: Compiled) -> Iterator[Compiled]:
    """The same query, answered from the cheapest table, and from each dearer one."""
    tables = compiled.plan.query.dataset.tables
    for table in tables[tables.index(compiled.plan.table) :]:
        plan = replace(compiled.plan, table=table)
        sql, parameters = render(statements.rows(plan, None, compiled.limit))
        yield replace(compiled, plan=plan, rows=replace(compiled.rows, sql=sql, parameters=parameters))


def _expected(query: Mapping[str, Any], some: Sequence[Fact], scope: QueryScope) -> Sequence[Mapping[str, Any]]:
    return counting.answer(query, some, *_seen(scope))


def _seen(scope: QueryScope) -> tuple[str | None, Mapping[str, str] | None]:
    if isinstance(scope, AllTenants):
        return None, None
    return scope.tenant_id, None if scope.pseudonyms is None else LETTERS


def _differences(told: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    if len(told) != len(expected):
        return [f"{len(told)} rows, expected {len(expected)}: {list(told)[:3]} {list(expected)[:3]}"]
    return [
        f"{name} is {found[name]!r}, expected {value!r} in {wanted}"
        for found, wanted in zip(told, expected, strict=True)
        for name, value in wanted.items()
        if not (value.allows(found[name]) if isinstance(value, Samples) else found[name] == value)
    ]
