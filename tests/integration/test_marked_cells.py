"""Answers of cubes equal brute force over all stored facts, whatever is marked and whenever cells are computed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.dsl import marks
from graph.dsl.compile import Compiled, compile_query
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import FreshnessReader
from graph.dsl.marks import MarkReader
from graph.dsl.parse import parse
from graph.dsl.scope import AllTenants, OneTenant, QueryScope
from infra.clickhouse import open_clickhouse
from pipelines import runs
from pipelines.stores import Stores
from schema.facts import NOBODY
from tests.graph.support import engine_rows, reference
from tests.graph.support.random_queries import random_query
from tests.graph.support.reference import Samples
from tests.graph.support.warehouse_facts import Fact, add, facts

pytestmark = pytest.mark.anyio

ROUNDS = 6
FACTS = 60  # per dataset and round
QUERIES = 10  # per round
SCOPES: Sequence[QueryScope] = [AllTenants(), OneTenant("t-1", None), OneTenant("t-2", None)]
OF_ALL_LEVELS = {
    "cube_dlr_daily+cube_dlr_hourly+facts_dlr",
    "cube_dlr_hourly+facts_dlr",
    "cube_cdr_daily+cube_cdr_hourly+facts_cdr",
    "cube_cdr_hourly+facts_cdr",
    "cube_compliance_hourly+facts_compliance",
}
HOUR = datetime(2026, 10, 25, 1, tzinfo=UTC)
WINDOW = {"from": "2026-10-24T00:00:00Z", "to": "2026-10-27T00:00:00Z"}


@dataclass
class Warehouse:
    """A ClickHouse with facts, their marks, and cubes that follow them. `stored`: the facts by dataset."""

    stores: Stores
    client: AsyncClient
    reader: MarkReader
    stored: dict[str, list[Fact]]

    async def receive(self, some: Mapping[str, Sequence[Fact]], *, by_day: bool = False) -> None:
        """Stores facts and then their marks, as ingest does. `by_day`: marks days of records, as it once did."""
        for dataset, new in some.items():
            await add(self.client, dataset, new)
            self.stored[dataset] += new
            hours = [(fact["tenantId"], _minute(fact).replace(minute=0)) for fact in new]
            if by_day and dataset == "cdr":
                await self.mark([("cube_cdr_daily", tenant, hour.replace(hour=0)) for tenant, hour in hours])
            else:
                await self.mark([(f"cube_{dataset}_hourly", *hour) for hour in hours])
            await self.mark([(f"facts_{dataset}", NOBODY, _minute(fact)) for fact in new])

    async def mark(self, cells: Sequence[tuple[str, str, datetime]]) -> None:
        rows = [(cube, tenant, begin) for cube, tenant, begin in dict.fromkeys(cells)]
        await self.client.insert("dirty", rows, column_names=["cube", "tenant_id", "hour"])

    async def compute(self, cells: int = 200_000) -> None:
        """Runs the pipeline for the newest marked cells."""
        await runs.run(self.stores, "cubes", {"limit": str(cells)})

    async def current(self, query: Mapping[str, Any], scope: QueryScope, position: Any = None) -> Compiled:
        return (await self.reader.current(compile_query(parse(dict(query)), scope, position))).compiled


@pytest.fixture
async def filled(stores: Stores, warehouse: str) -> AsyncIterator[Warehouse]:
    async with open_clickhouse(warehouse, statement_timeout=60) as clickhouse:
        engine = QueryEngine(clickhouse)
        reader = MarkReader(engine, FreshnessReader(engine))
        yield Warehouse(stores, await clickhouse.client(), reader, {"dlr": [], "cdr": [], "compliance": []})


async def test_answers_equal_brute_force(filled: Warehouse, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts arrive, late ones included; runs of the pipeline end between marks and statement, and between pages."""
    random, sources = Random(seed), Counter[str]()
    for number in range(ROUNDS):
        await filled.receive(facts(random, FACTS), by_day=number % 2 == 1)
        for _ in range(QUERIES):
            monkeypatch.setattr(marks, "MAX_HOURS", random.choice([1_000, 1_000, 60, 5]))
            scope, query = random.choice(SCOPES), random_query(random)
            sources += await _check(filled, random, query, scope)
        await filled.compute(random.choice([40, 400]))
    assert sources.keys() >= OF_ALL_LEVELS
    assert sources.keys() & {"facts_dlr", "facts_cdr", "facts_compliance"}


def _minute(fact: Fact) -> datetime:
    at: datetime = fact["at"]
    return at.replace(second=0, microsecond=0)


async def _check(filled: Warehouse, random: Random, query: Mapping[str, Any], scope: QueryScope) -> Counter[str]:
    """Compares all pages and the totals of a query with the reference. Returns the tables that answered."""
    tenant = None if isinstance(scope, AllTenants) else scope.tenant_id
    stored, answered, rows = filled.stored[query["dataset"]], Counter[str](), list[Any]()
    query, position = {**query, "limit": random.choice([9, 10_000, 10_000])}, None
    while True:
        compiled = await filled.current(query, scope, position)
        answered[compiled.source] += 1
        if random.random() < 0.15:
            await filled.compute(random.choice([5, 50]))
        page = await engine_rows.raw_rows(filled.client, compiled.rows)
        rows += (await engine_rows.printed_rows(filled.client, compiled, compiled.rows))[: compiled.limit]
        position = engine_rows.next_position(compiled, page)
        if position is None or len(rows) > 40:
            break
    expected = reference.answer(query, stored, tenant, None)
    assert _differences(rows, expected if position is None else expected[: len(rows)]) == [], (query, compiled.rows.sql)
    if compiled.totals is not None:
        (whole,) = await engine_rows.printed_rows(filled.client, compiled, compiled.totals)
        assert _differences([whole], [reference.totals(query, stored, tenant, None)]) == [], (query, compiled.source)
    return answered


def _differences(actual: Sequence[Mapping[str, Any]], expected: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    if len(actual) != len(expected):
        return [f"{len(actual)} rows, expected {len(expected)}"]
    return [
        f"{name} is {row[name]!r}, expected {value!r} in {wanted}"
        for row, wanted in zip(actual, expected, strict=True)
        for name, value in wanted.items()
        if not (value.allows(row[name]) if isinstance(value, Samples) else row[name] == value)
    ]


@pytest.mark.parametrize("granularity", ["hour", "day"])
async def test_an_event_between_marks_and_statement_is_counted_whole_or_not(
    filled: Warehouse, seed: int, granularity: str
) -> None:
    """Facts, marks and runs of the pipeline come after the marks were read: each cell is as before, or as after."""
    random = Random(seed)
    query: dict[str, Any] = {
        "dataset": "dlr",
        "measures": ["messages"],
        "dimensions": ["tenantId", "status"],
        "limit": 10_000,
    }
    query |= {"time": {**WINDOW, "granularity": granularity}, "limit": 10_000}
    reports = [each for each in facts(random, 1_200)["dlr"] if abs(each["at"] - HOUR) < timedelta(hours=20)]
    for at in range(0, len(reports), 40):
        compiled = await filled.current(query, AllTenants())
        before = _counts(reference.answer(query, filled.stored["dlr"], None, None))
        await filled.receive({"dlr": reports[at : at + 40]})
        await filled.compute(random.choice([3, 30, 300]))
        after = _counts(reference.answer(query, filled.stored["dlr"], None, None))
        seen = _counts(await engine_rows.printed_rows(filled.client, compiled, compiled.rows))
        assert all(before[cell] <= seen[cell] <= after[cell] for cell in after | seen)
        now = await filled.current(query, AllTenants())
        assert _counts(await engine_rows.printed_rows(filled.client, now, now.rows)) == after


def _counts(rows: Sequence[Mapping[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter({(row["time"], row["tenantId"], row["status"]): row["messages"] for row in rows})


async def test_everything_acknowledged_is_counted_once_while_all_parts_run(filled: Warehouse, seed: int) -> None:
    """A writer, the pipeline and readers run at the same time. Facts are also written twice, as after a redelivery."""
    random, written = Random(seed), asyncio.Event()
    query = {"dataset": "dlr", "measures": ["messages"], "time": WINDOW}
    reports = [each for each in facts(random, 1_000)["dlr"] if abs(each["at"] - HOUR) < timedelta(hours=20)]
    begun = acknowledged = 0

    async def write() -> None:
        nonlocal begun, acknowledged
        for at in range(0, len(reports), 8):
            batch = reports[at : at + 8]
            begun += len(batch)
            await filled.receive({"dlr": batch})
            acknowledged += len(batch)
            await add(filled.client, "dlr", random.sample(reports[:acknowledged], 3))
        written.set()

    async def compute() -> None:
        while not written.is_set():
            await filled.compute(random.choice([4, 400]))

    async def read() -> None:
        while not written.is_set():
            least = acknowledged
            compiled = await filled.current(query, AllTenants())
            ((seen,),) = await engine_rows.raw_rows(filled.client, compiled.rows)
            assert least <= seen <= begun

    async with asyncio.TaskGroup() as tasks:
        for work in (write, compute, read, read):
            tasks.create_task(work())
    compiled = await filled.current(query, AllTenants())
    assert await engine_rows.raw_rows(filled.client, compiled.rows) == [(len(reports),)]


async def test_facts_that_are_being_removed_are_not_counted(filled: Warehouse, seed: int) -> None:
    """As the pipeline `copies` does it: it marks the minute, deletes facts, marks the cell, and removes its mark."""
    query = {"dataset": "dlr", "measures": ["messages"], "time": WINDOW}
    reports = [each for each in facts(Random(seed), 300)["dlr"] if abs(each["at"] - HOUR) < timedelta(hours=20)]
    await filled.receive({"dlr": reports})
    await filled.compute()
    gone = reports[0]
    await filled.mark([("facts_dlr", gone["tenantId"], _minute(gone))])
    await filled.client.command(f"delete from facts_dlr where event_key = {gone['id']}")
    compiled = await filled.current(query, AllTenants())
    assert await engine_rows.raw_rows(filled.client, compiled.rows) == [(len(reports) - 1,)]


async def test_what_is_read_at_one_instant_comes_from_one_table(filled: Warehouse, seed: int) -> None:
    """As exports promise: from the cube if nothing is marked, else from facts."""
    query = {"dataset": "dlr", "measures": ["messages"], "time": WINDOW}
    reports = [each for each in facts(Random(seed), 300)["dlr"] if abs(each["at"] - HOUR) < timedelta(hours=20)]
    await filled.receive({"dlr": reports})
    for source in ("facts_dlr", "cube_dlr_daily"):
        compiled = compile_query(parse(query), AllTenants(), None)
        compiled = (await filled.reader.current(compiled, at_one_instant=True)).compiled
        assert compiled.source == source
        assert await engine_rows.raw_rows(filled.client, compiled.rows) == [(len(reports),)]
        await filled.compute()


async def test_a_tenant_depends_on_its_own_marks_only(filled: Warehouse, seed: int) -> None:
    query = {"dataset": "dlr", "measures": ["messages"], "time": WINDOW}
    reports = [each for each in facts(Random(seed), 300)["dlr"] if abs(each["at"] - HOUR) < timedelta(hours=20)]
    await filled.receive({"dlr": [each for each in reports if each["tenantId"] == "t-2"]})
    await filled.compute()
    await filled.receive({"dlr": [each for each in reports if each["tenantId"] == "t-1"]})
    other = await filled.current(query, OneTenant("t-2", None))
    assert other == compile_query(parse(query), OneTenant("t-2", None), None)
    own = await filled.current(query, OneTenant("t-1", None))
    ((read,),) = await engine_rows.raw_rows(filled.client, own.count)
    assert (own.source, read) == (
        "cube_dlr_daily+cube_dlr_hourly+facts_dlr",
        sum(each["tenantId"] == "t-1" for each in reports),
    )
