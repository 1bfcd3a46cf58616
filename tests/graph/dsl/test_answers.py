"""Cubes, facts and the reference implementation give the same answers, for all zones, windows and filters."""

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
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from tests.graph.support import engine_rows, reference
from tests.graph.support.random_queries import random_query
from tests.graph.support.reference import Samples
from tests.graph.support.warehouse_facts import Fact, facts, fill

pytestmark = pytest.mark.anyio

LETTERS = {"AWCC": "MNO-B", "ROSHAN": "MNO-A", "unknown": "unknown"}  # MTN_AF has no pseudonym
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
    async with connect(clickhouse.dsn) as client:
        yield client


async def test_cubes_facts_and_the_reference_agree(
    client: AsyncClient, data: Mapping[str, Sequence[Fact]], seed: int
) -> None:
    random, number = Random(seed), 0
    sources: set[str] = set()
    while number < QUESTIONS or len(sources) < 7:
        number += 1
        scope = random.choice(SCOPES)
        masked = isinstance(scope, OneTenant) and scope.pseudonyms is not None
        query = random_query(random, masked=masked) | {"limit": 10_000}
        compiled = compile_query(parse(query), scope, None)
        sources.add(compiled.source)
        expected = _expected(query, data[query["dataset"]], scope)
        for each in _of_every_table(compiled):
            actual = await engine_rows.printed_rows(client, each, each.rows)
            assert _differences(actual, expected) == [], (seed, number, each.source, query, each.rows.sql)
        if compiled.totals is not None:
            whole = reference.totals(query, data[query["dataset"]], *_seen(scope))
            actual = await engine_rows.printed_rows(client, compiled, compiled.totals)
            assert _differences(actual, [whole]) == [], (seed, number, compiled.source, query)


def _of_every_table(compiled: Compiled) -> Iterator[Compiled]:
    """The query compiled for the cheapest table, and for each more expensive one."""
    tables = compiled.plan.query.dataset.tables
    for table in tables[tables.index(compiled.plan.table) :]:
        plan = replace(compiled.plan, table=table)
        sql, parameters = render(statements.rows(plan, None, compiled.limit))
        yield replace(compiled, plan=plan, rows=replace(compiled.rows, sql=sql, parameters=parameters))


def _expected(query: Mapping[str, Any], some: Sequence[Fact], scope: QueryScope) -> Sequence[Mapping[str, Any]]:
    return reference.answer(query, some, *_seen(scope))


def _seen(scope: QueryScope) -> tuple[str | None, Mapping[str, str] | None]:
    if isinstance(scope, AllTenants):
        return None, None
    return scope.tenant_id, None if scope.pseudonyms is None else LETTERS


def _differences(actual: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    if len(actual) != len(expected):
        return [f"{len(actual)} rows, expected {len(expected)}: {list(actual)[:3]} {list(expected)[:3]}"]
    return [
        f"{name} is {row[name]!r}, expected {value!r} in {wanted}"
        for row, wanted in zip(actual, expected, strict=True)
        for name, value in wanted.items()
        if not (value.allows(row[name]) if isinstance(value, Samples) else row[name] == value)
    ]
