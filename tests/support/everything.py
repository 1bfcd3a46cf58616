"""Everything that we write to ClickHouse and read from it, so that engines of other settings can be compared."""

import json
from collections.abc import AsyncIterator, Mapping, Set
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

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
from pipelines.cubes.cells import CUBES
from pipelines.integrity.chain import Closing
from pipelines.integrity.datasets import _late
from pipelines.integrity.digests import digests, first_day
from pipelines.quality.datasets import _samples
from pipelines.stores import Stores, open_stores
from schema.catalog.audit import AUDITED
from schema.history import RECENT
from tests.graph.support.api import ADMIN, Api, open_api
from tests.graph.support.questions import APPROXIMATE, question
from tests.graph.support.rows import random_rows
from tests.graph.support.store import DAY, Store, hours, iso
from tests.support.clock import today
from tests.support.database import connected
from tests.support.facts import batches, fact_store, make_sent
from tests.support.warehouse import emptied

NOW: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
QUESTIONS: Final = 50
# Beside what random questions ask about: days of zones, days of UTC, months, and parts of hours.
WINDOWS: Final = (
    ("2026-11-19T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("2026-10-01T00:00:00Z", "2026-12-01T00:00:00Z"),
    ("2026-11-19T19:30:00Z", "2026-11-20T19:30:00Z"),
    ("2026-11-20T06:30:00.000001Z", "2026-11-20T09:10:00Z"),
)
# The archived days: of hours, of days, and of a part of one.
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
OF_ONE_RUN: Final = frozenset({"elapsedMs", "accessId", "endCursor", "requestId"})


@asynccontextmanager
async def filled(clickhouse: str, database: str, seed: int) -> AsyncIterator[Stores]:
    """Events became facts, facts cubes, and old days of PostgreSQL the archive."""
    await emptied(clickhouse)
    random = Random(seed)
    async with fact_store(clickhouse) as store:
        for function, part in batches(random, make_sent(random, NOW, 100), NOW):
            await store.commit(function, part)
    async with open_stores(Engines("nats://127.0.0.1:1", database, clickhouse)) as stores:
        await runs.run(stores, "cubes")
        async with connected(database) as connection:
            start = archived_from()
            await Store(connection).put(random_rows(random, hours(start, start + 3 * DAY), density=0.1))
        assert await runs.run(stores, "archive") == {"days": 2}
        yield stores


def archived_from() -> datetime:
    """Of the two days that are in the archive; the third is in PostgreSQL."""
    return today() - RECENT - 2 * DAY


async def answers(stores: Stores, seed: int) -> Mapping[str, Any]:
    """By what was asked; of one engine as of any other."""
    random = Random(seed)
    found: dict[str, Any] = {}
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
        for number in range(QUESTIONS):
            found |= await _asked(api, random, number)
        for edges in WINDOWS:
            found[f"insights {edges}"] = _exact(await api.fields(INSIGHTS, window="/".join(edges)))
        for report in REPORTS:
            for start, length in ((0, 3 * 24), (5, 50)):
                from_ = archived_from() + timedelta(hours=start)
                path, _, more = report.partition("?")
                query = dict(pair.split("=") for pair in more.split("&") if pair)
                window = {"from_": iso(from_), "to": iso(from_ + timedelta(hours=length))}
                found[f"{report} {start} {length}"] = await api.report(path, **window, **query)
    found |= await _audited(stores)
    found |= await _of_pipelines(stores)
    return {name: _lasting(answer) for name, answer in found.items()}


async def _asked(api: Api, random: Random, number: int) -> Mapping[str, Any]:
    """A random question about these facts, of the platform; every page."""
    query = question(random)
    from_, to = random.choice(WINDOWS)
    query["time"] |= {"from": from_, "to": to}
    if query["time"]["granularity"] == "minute":
        query["time"]["granularity"] = "hour"
    query["limit"] = 40
    pages = []
    while True:
        response = await api.client.post("/v1/anlyt/query", json=query, headers=dict(ADMIN))
        pages.append(response.json())
        after = pages[-1].get("page", {}).get("endCursor")
        if response.status_code != 200 or not pages[-1]["page"]["hasNextPage"]:
            return {f"question {number} {json.dumps(query)}": _exact(pages)}
        query["after"] = after


async def _audited(stores: Stores) -> Mapping[str, Any]:
    audits = Audits(stores.clickhouse, stores.postgres, CursorKey(stores.postgres, None), Budget(8, 10**12))
    warehouse = Warehouse(stores.clickhouse, 20)
    found: dict[str, Any] = {}
    for dataset in AUDITED:
        for from_, to in WINDOWS:
            body: dict[str, Any] = {"tenantId": "t-1", "from": from_, "to": to, "dataset": dataset, "limit": 30}
            pages = []
            while body.get("after", True):
                answer = msgspec.to_builtins(await audits.answer(REGULATOR, "r", body))
                pages.append(answer)
                body["after"] = answer["page"]["endCursor"] if answer["page"]["hasNextPage"] else None
            found[f"audit {dataset} {from_}"] = pages
            begin, end = map(datetime.fromisoformat, (from_, to))
            asked = ExportQuery("t-1", begin, end, dataset, None, None)
            found[f"slices {dataset} {from_}"] = [list(map(iso, part)) for part in await warehouse.plan(asked)]
    return found


async def _of_pipelines(stores: Stores) -> Mapping[str, Any]:
    """What they read: `quality`, `integrity`, and the gauges of `cubes`."""
    ends = [NOW, NOW.replace(hour=0, minute=0)]
    day = await first_day(stores.clickhouse, NOW + DAY)
    closing = Closing(1, NOW.date(), NOW - DAY)
    await freshness.measure(stores)
    return {
        "quality": [[list(sample) for sample in await _samples(stores, end)] for end in ends],
        "first day": str(day),
        "late days": list(map(str, await _late(stores, closing, NOW + DAY))),
        "digests": {
            str(each): {
                tenant: str(digest) for tenant, digest in (await digests(stores.clickhouse, each, NOW + DAY)).items()
            }
            for each in (NOW.date(), NOW.date() - DAY, NOW.date() - 32 * DAY)
        },
        "reach": {cube: DATA_AS_OF.labels(cube)._value.get() for cube in (*CUBES, "facts_dlr", "facts_cdr")},
        "behind": {cube: CUBE_FRESHNESS.labels(cube)._value.get() for cube in CUBES},
    }


def _lasting(answer: Any) -> Any:
    """Without what two runs never have in common."""
    return _without(OF_ONE_RUN, answer)


def _exact(answer: Any) -> Any:
    """Without percentiles, whose digests may be merged in another order."""
    return _without(APPROXIMATE, answer)


def _without(names: Set[str], answer: Any) -> Any:
    match answer:
        case dict():
            return {name: _without(names, value) for name, value in answer.items() if name not in names}
        case list():
            return [_without(names, each) for each in answer]
    return answer


REGULATOR: Final = Regulator("regulator-portal-service", "1", "2")
