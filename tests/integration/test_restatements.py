"""What closed days said before they changed: `asOf` equals what reports answered then, recorded by the test."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from infra.endpoints import Engines
from pipelines import runs
from pipelines.stores import Stores, open_stores
from tests.graph.support.api import Api, open_api
from tests.graph.support.rows import ACCOUNTS, OPERATORS, SUBJECTS, random_row
from tests.graph.support.store import DAY, HOUR, Row, Store
from tests.support.database import connected

pytestmark = pytest.mark.anyio

DAYS = 4
START = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - 20 * DAY
SEED = 20261130
NOT_KEPT = ("dataAsOf", "completeUntil", "quality")


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    async with open_stores(Engines("nats://127.0.0.1:1", database, "http://127.0.0.1:1")) as opened:
        yield opened


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with connected(database) as connection:
        yield Store(connection)


@pytest.fixture
async def api(stores: Stores) -> AsyncIterator[Api]:
    async with open_api(stores.postgres) as opened:
        yield opened


def figures(answer: Any) -> Any:
    """An answer without what is not kept."""
    match answer:
        case dict():
            return {key: figures(value) for key, value in answer.items() if key not in NOT_KEPT}
        case list():
            return [figures(each) for each in answer]
        case _:
            return answer


def reports() -> Mapping[str, Mapping[str, str]]:
    """Paths of daily reports, with their parameters."""
    return {
        "summary": {"granularity": "daily"},
        **{f"operators/{each}/performance": {"granularity": "daily"} for each in OPERATORS},
        **{f"accounts/{each}/usage": {} for each in ACCOUNTS},
        "delivery-breakdown": {},
        "top-operators": {"granularity": "daily"},
    }


async def answers(api: Api, first: int, days: int, **more: str) -> Mapping[str, Any]:
    """All daily reports of a window: their figures, or the detail of their refusal."""
    window = {"from_": (START + first * DAY).isoformat(), "to": (START + (first + days) * DAY).isoformat()}
    found = {}
    for path, parameters in reports().items():
        response = await api.get(path, **window, **parameters, **more)
        assert response.status_code in {200, 400, 404}, response.text
        found[path] = figures(response.json()) if response.status_code == 200 else response.json()["detail"]
    return found


async def now(store: Store) -> str:
    instant: datetime = await store.connection.fetchval("select clock_timestamp()")
    return instant.isoformat()


def filled(random: Random) -> list[Row]:
    """Every subject has rows, so that nothing known is found later."""
    return [random_row(random, START + day * DAY + 5 * HOUR, *each) for day in range(DAYS) for each in SUBJECTS]


async def put_late(random: Random, store: Store) -> None:
    """Late events of a day: other figures of some subjects in some hours, and sometimes rows that vanish."""
    hour = START + random.randrange(DAYS) * DAY + random.randrange(24) * HOUR
    await store.put([random_row(random, hour, *each) for each in random.sample(SUBJECTS, random.choice([1, 3, 8]))])
    if random.random() < 0.3:
        gone = [id_ for _, id_ in random.sample(SUBJECTS, 2)]
        for table in ("metrics_hourly", "costs_hourly"):
            await store.connection.execute(
                f"delete from anlyt.{table} where hour_bucket = $1 and scope_id = any($2::text[])", hour, gone
            )


async def test_as_of_equals_what_reports_answered(stores: Stores, store: Store, api: Api) -> None:
    """Random late events, rollups and instants. An instant at which a day was changing is refused, and no other."""
    random, recorded, refused = Random(SEED), list[tuple[str, int, int, bool, Mapping[str, Any]]](), 0
    await store.put(filled(random))
    before = await now(store)
    await runs.run(stores, "rollup")
    for _ in range(30):
        if random.random() < 0.5:
            await put_late(random, store)
        if random.random() < 0.5:
            await runs.run(stores, "rollup", random.choice([{}, {}, {"all": "true"}]))
        first = random.randrange(DAYS)
        days = random.randint(1, DAYS - first)
        bounds = [(START + day * DAY).date() for day in (first, first + days - 1)]
        changing = await store.connection.fetchval(
            "select exists (select from anlyt.event_days where day between $1 and $2 and version > rolled_version)",
            *bounds,
        )
        recorded.append((await now(store), first, days, changing, await answers(api, first, days)))
    await runs.run(stores, "rollup")
    for instant, first, days, was_changing, said in recorded:
        then = await answers(api, first, days, asOf=instant)
        if was_changing:
            refused += 1
            assert all("was changing at asOf" in each for each in then.values()), then
        else:
            assert then == said
    assert 5 < refused < 25
    assert all("was not closed at asOf" in each for each in (await answers(api, 0, DAYS, asOf=before)).values())
    assert await answers(api, 0, DAYS, asOf=await now(store)) == await answers(api, 0, DAYS)
