"""All writes to ClickHouse and reads from it, so that engines with different settings can be compared."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final, NamedTuple, TypeAlias

import httpx
import msgspec

from graph.access.budget import Budget
from graph.access.cursors import CursorKey
from graph.audit.audits import Audits
from graph.audit.exports.request import ExportQuery
from graph.audit.exports.warehouse import Warehouse
from graph.audit.regulator import Regulator
from infra.endpoints import Engines
from infra.metrics import CUBE_FRESHNESS, DATA_AS_OF
from pipelines import runs
from pipelines.cubes import metrics as freshness
from pipelines.cubes.cells import CELL_LENGTHS
from pipelines.integrity.chain import Closing
from pipelines.integrity.datasets import _late
from pipelines.integrity.digests import digests, first_day
from pipelines.quality.datasets import _samples
from pipelines.stores import Stores, open_stores
from schema.catalog.audit import AUDITED
from schema.history import RECENT
from tests.graph.support.api import ADMIN, Api, open_api
from tests.graph.support.random_queries import APPROXIMATE, random_query
from tests.graph.support.rows import random_rows
from tests.graph.support.store import DAY, Store, hours, iso
from tests.support.clock import today
from tests.support.database import connected
from tests.support.facts import batches, fact_store, make_sent
from tests.support.warehouse import empty_clickhouse

NOW: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
QUESTIONS: Final = 50
# Windows in addition to random ones: days of a zone, days of UTC, months, and parts of hours.
WINDOWS: Final = (
    ("2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ("2026-11-19T19:30:00Z", "2026-11-20T19:30:00Z"),
    ("2026-11-20T06:30:00.000001Z", "2026-11-20T09:10:00Z"),
)
# Reports about the archived days, by hour and by day.
REPORTS: Final = (
    "summary?granularity=hourly",
    "summary?granularity=daily",
    "operators/op-1/performance?granularity=daily",
    "accounts/acc-1/usage?granularity=daily",
    "top-operators?limit=5",
    "delivery-breakdown?",
)
INSIGHTS: Final = """query($window: Interval) {
  mnoQuality(window: $window) { mnos { mno messages deliveryRate p95LatencyMs } }
  costQuality(window: $window) { mnos { mno currency cost messages deliveryRate days { date cost messages } } } }"""
PER_RUN: Final = frozenset({"elapsedMs", "accessId", "endCursor", "requestId"})
RunQuery: TypeAlias = Callable[[], Awaitable[Any]]


class RefusedError(Exception):
    """The API answered a query with an error."""


class ArchivedStores(NamedTuple):
    """The stores. From `archived_from` on, two days are in the archive and the third is in PostgreSQL."""

    stores: Stores
    archived_from: datetime


@asynccontextmanager
async def archived_stores(clickhouse: str, database: str, seed: int) -> AsyncIterator[ArchivedStores]:
    """Yields stores with facts, their cubes, and archived days of PostgreSQL."""
    await empty_clickhouse(clickhouse)
    random = Random(seed)
    async with fact_store(clickhouse) as store:
        for function, part in batches(random, make_sent(random, NOW, 100), NOW):
            await store.commit(function, part)
    async with open_stores(Engines("nats://127.0.0.1:1", database, clickhouse)) as stores:
        await runs.run(stores, "cubes")
        async with connected(database) as connection:
            start = today() - RECENT - 2 * DAY
            await Store(connection).put(random_rows(random, hours(start, start + 3 * DAY), density=0.1))
        assert await runs.run(stores, "archive") == {"days": 2}
        yield ArchivedStores(stores, start)


async def answers(filled: ArchivedStores, seed: int) -> Mapping[str, Any]:
    """The answers by query name, which are equal on any engine. Raises RefusedError if one is an error."""
    async with open_api(filled.stores.postgres, clickhouse=filled.stores.clickhouse) as api:
        return {name: await run() for name, run in queries(api, filled, seed).items()}


def queries(api: Api, filled: ArchivedStores, seed: int) -> Mapping[str, RunQuery]:
    """All queries by name."""
    by_name = {**_questions(api, Random(seed)), **_reports(api, filled), **_audits(filled.stores)}
    return {**by_name, **_pipeline_reads(filled.stores)}


def _questions(api: Api, random: Random) -> Mapping[str, RunQuery]:
    """Random typed queries of the platform about these facts."""
    by_name: dict[str, RunQuery] = {}
    for number in range(QUESTIONS):
        query = random_query(random)
        from_, to = random.choice(WINDOWS)
        query["time"] |= {"from": from_, "to": to}
        if query["time"]["granularity"] == "minute":
            query["time"]["granularity"] = "hour"
        query["limit"] = 40
        by_name[f"query {number} {json.dumps(query)}"] = partial(_pages, api, query)
    return by_name


async def _pages(api: Api, query: Mapping[str, Any]) -> Any:
    pages: list[Any] = []
    after: str | None = None
    while not pages or after is not None:
        response = await api.client.post("/v1/anlyt/query", json={**query, "after": after}, headers=dict(ADMIN))
        pages.append(_answer(response))
        after = pages[-1].get("page", {}).get("endCursor")
    return _lasting(_exact(pages))


def _reports(api: Api, filled: ArchivedStores) -> Mapping[str, RunQuery]:
    by_name: dict[str, RunQuery] = {f"insights {edges}": partial(_insights, api, "/".join(edges)) for edges in WINDOWS}
    for report in REPORTS:
        for start, length in ((0, 3 * 24), (5, 50)):
            from_ = filled.archived_from + timedelta(hours=start)
            path, _, more = report.partition("?")
            query = dict(pair.split("=") for pair in more.split("&") if pair)
            window = {"from_": iso(from_), "to": iso(from_ + timedelta(hours=length))}
            by_name[f"{report} {start} {length}"] = partial(_report, api, path, {**window, **query})
    return by_name


async def _insights(api: Api, window: str) -> Any:
    answer = await api.ask(INSIGHTS, window=window)
    if "errors" in answer:
        raise RefusedError(answer)
    return _lasting(_exact(answer["data"]))


async def _report(api: Api, path: str, query: Mapping[str, str]) -> Any:
    return _lasting(_answer(await api.get(path, **query)))


def _answer(response: httpx.Response) -> Any:
    """The body of an answer. 400 is an answer, too: its reason may be in the facts (several currencies)."""
    if response.status_code not in {200, 400}:
        raise RefusedError(response.text)
    return response.json()


def _audits(stores: Stores) -> Mapping[str, RunQuery]:
    audits = Audits(stores.clickhouse, stores.postgres, CursorKey(stores.postgres, None), Budget(8, 10**12))
    warehouse = Warehouse(stores.clickhouse, 20)
    by_name: dict[str, RunQuery] = {}
    for dataset in AUDITED:
        for from_, to in WINDOWS:
            body = {"tenantId": "t-1", "from": from_, "to": to, "dataset": dataset, "limit": 30}
            by_name[f"audit {dataset} {from_}"] = partial(_audited, audits, body)
            begin, end = map(datetime.fromisoformat, (from_, to))
            query = ExportQuery("t-1", begin, end, dataset, None, None)
            by_name[f"slices {dataset} {from_}"] = partial(_slices, warehouse, query)
    return by_name


async def _audited(audits: Audits, body: Mapping[str, Any]) -> Any:
    pages: list[Any] = []
    after: str | None = None
    while not pages or after is not None:
        pages.append(msgspec.to_builtins(await audits.answer(REGULATOR, "r", {**body, "after": after})))
        after = pages[-1]["page"]["endCursor"]
    return _lasting(pages)


async def _slices(warehouse: Warehouse, query: ExportQuery) -> Any:
    return [list(map(iso, part)) for part in await warehouse.plan(query)]


def _pipeline_reads(stores: Stores) -> Mapping[str, RunQuery]:
    """What the pipelines read: `quality`, `integrity`, and the gauges of `cubes`."""

    async def gauges() -> Any:
        await freshness.measure(stores)
        reach = {cube: DATA_AS_OF.labels(cube)._value.get() for cube in (*CELL_LENGTHS, "facts_dlr", "facts_cdr")}
        return {"reach": reach, "behind": {cube: CUBE_FRESHNESS.labels(cube)._value.get() for cube in CELL_LENGTHS}}

    async def quality() -> Any:
        return [list(map(list, await _samples(stores, end))) for end in (NOW, NOW.replace(hour=0, minute=0))]

    async def days() -> Any:
        closing = Closing(1, NOW.date(), NOW - DAY)
        return await first_day(stores.clickhouse, NOW + DAY), list(await _late(stores, closing, NOW + DAY))

    async def digests_() -> Any:
        days = (NOW.date(), NOW.date() - DAY, NOW.date() - 32 * DAY)
        return {day: dict(await digests(stores.clickhouse, "compliance", day, NOW + DAY)) for day in days}

    return {"gauges": gauges, "quality": quality, "days": days, "digests": digests_}


def _lasting(answer: Any) -> Any:
    """The answer without members that differ in every run."""
    return _without(PER_RUN, answer)


def _exact(answer: Any) -> Any:
    """The answer without percentiles, whose digests may be merged in another order."""
    return _without(APPROXIMATE, answer)


def _without(names: Set[str], answer: Any) -> Any:
    match answer:
        case dict():
            return {name: _without(names, value) for name, value in answer.items() if name not in names}
        case list():
            return [_without(names, each) for each in answer]
    return answer


REGULATOR: Final = Regulator("regulator-portal-service", "1", "2")
