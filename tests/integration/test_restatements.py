"""What closed days said before they changed: `asOf` equals what reports answered then, recorded by the test."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from infra.endpoints import Engines
from infra.postgres import open_pool
from ingest.rebuild import swap
from ingest.rebuild.history import History
from ingest.rebuild.rebuild import Rebuild
from pipelines import runs
from pipelines.copies import peaks
from pipelines.stores import Stores, open_stores
from schema.streams import BILLING_EVENTS
from tests.graph.support.api import Api, open_api
from tests.graph.support.restated import answers, instant_now
from tests.graph.support.rows import SUBJECTS, random_row
from tests.graph.support.store import DAY, HOUR, Row, Store
from tests.support import command, events
from tests.support.cli import environment
from tests.support.database import connected
from tests.support.days import daily, daily_costs
from tests.support.platform import BILLING, Platform, unlimited_guards
from tests.support.worker import wait_for_exit

pytestmark = pytest.mark.anyio

DAYS = 4
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
START = TODAY - 20 * DAY
SEED = 20261130
KEYS = ("day", "scope", "scope_id")
ROWS = "select * from anlyt.restated_rows where is_after = $1"
CHANGES = "select day, number, causes, is_archived from anlyt.restatements order by day, number"
WAITING_FOR_LOCK = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


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


def filled(random: Random, days: int = DAYS) -> list[Row]:
    """A row of every subject on every day, so that no operator is unknown at first."""
    return [random_row(random, START + day * DAY + 5 * HOUR, *each) for day in range(days) for each in SUBJECTS]


async def put_late(random: Random, store: Store) -> int:
    """Changes a day: other figures of some subjects in an hour, and sometimes rows that vanish. Returns the day."""
    day = random.randrange(DAYS)
    hour = START + day * DAY + random.randrange(24) * HOUR
    await store.put([random_row(random, hour, *each) for each in random.sample(SUBJECTS, random.choice([1, 3, 8]))])
    if random.random() < 0.3:
        gone = [id_ for _, id_ in random.sample(SUBJECTS, 2)]
        for table in ("metrics_hourly", "costs_hourly"):
            await store.connection.execute(
                f"delete from anlyt.{table} where hour_bucket = $1 and scope_id = any($2::text[])", hour, gone
            )
    return day


def window(first: int, days: int) -> tuple[datetime, datetime]:
    return START + first * DAY, START + (first + days) * DAY


async def test_as_of_equals_what_reports_answered(stores: Stores, store: Store, api: Api) -> None:
    """Random late events, rollups and instants. An instant at which a day was changing is refused, and no other."""
    random, recorded, changing = Random(SEED), list[tuple[str, tuple[datetime, datetime], bool, Any]](), set[int]()
    await store.put(filled(random))
    before = await instant_now(store)
    await runs.run(stores, "rollup")
    for _ in range(40):
        if random.random() < 0.5:
            changing.add(await put_late(random, store))
        if random.random() < 0.3:
            await runs.run(stores, "rollup", random.choice([{}, {}, {"all": "true"}]))
            changing.clear()
        first = random.randrange(DAYS)
        days = random.randint(1, DAYS - first)
        was_changing = not changing.isdisjoint(range(first, first + days))
        bounds = window(first, days)
        recorded.append((await instant_now(store), bounds, was_changing, await answers(api, *bounds)))
    await runs.run(stores, "rollup")
    for instant, bounds, was_changing, said in recorded:
        then = await answers(api, *bounds, asOf=instant)
        if was_changing:
            assert all("was changing at asOf" in each for each in then.values()), then
        else:
            assert then == said
    assert 5 < sum(was_changing for _, _, was_changing, _ in recorded) < 35
    whole = window(0, DAYS)
    assert all("was not closed at asOf" in each for each in (await answers(api, *whole, asOf=before)).values())
    assert await answers(api, *whole, asOf=await instant_now(store)) == await answers(api, *whole)


def kept(rows: Any, columns: Mapping[str, Any]) -> Mapping[tuple[date, str, str], Mapping[str, Any]]:
    """Rows of restated_rows by key, with the given columns and their costs in other currencies."""
    return {
        tuple(row[key] for key in KEYS): {name: row[name] for name in columns}
        | {"costs": dict(zip(row["currencies"], row["costs"], strict=True))}
        for row in rows
    }


def expected(rows: list[Row]) -> Mapping[tuple[date, str, str], Mapping[str, Any]]:
    """The daily rows that follow from hourly ones, with their costs in other currencies."""
    others = daily_costs(rows)
    return {
        key: {**columns, "costs": {each[3]: cost for each, cost in others.items() if each[:3] == key}}
        for key, columns in daily(rows).items()
    }


async def run_until(store: Store, folder: Path, database: str, days: int) -> None:
    """Runs the rollup in a process of its own, and kills it when some days were restated."""
    settings = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_CLICKHOUSE_DSN": "http://127.0.0.1:1",
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
    }
    process = command.start_command(["pipeline", "rollup"], environment(folder, settings))
    while await store.connection.fetchval("select count(*) from anlyt.restatements") < days:
        await asyncio.sleep(0.002)
        assert not process.exitcode
    process.kill()
    await wait_for_exit(process)


async def test_killed_runs_keep_each_change_once(stores: Stores, store: Store, database: str, tmp_path: Path) -> None:
    """Late events change 60 closed days; the rollup is killed twice. What is kept equals a brute-force difference."""
    random, days = Random(SEED), 60
    start = TODAY - 61 * DAY
    rows = {
        (row.hour, row.id): row
        for row in [
            random_row(random, start + day * DAY + hour * HOUR, *each)
            for day in range(days)
            for hour in (3, 9)
            for each in SUBJECTS[:5]
        ]
    }
    await store.put(rows.values())
    await runs.run(stores, "rollup")
    before = expected([*rows.values()])
    late = [random_row(random, start + day * DAY + 9 * HOUR, *each) for day in range(days) for each in SUBJECTS[3:7]]
    await store.put(late)
    rows |= {(row.hour, row.id): row for row in late}
    after = expected([*rows.values()])
    for kept_days in (1, 20):
        await run_until(store, tmp_path, database, kept_days)
    await runs.run(stores, "rollup")
    await runs.run(stores, "rollup", {"all": "true"})
    changes = await store.connection.fetch(CHANGES)
    assert [row["number"] for row in changes] == [1] * days
    assert {tuple(row["causes"]) for row in changes} == {("EVENTS",)}
    columns = next(iter(daily([*rows.values()]).values()))
    figures = {name: value for name, value in columns.items() if not name.startswith("latency_") or "sum" in name}
    was, is_ = [kept(await store.connection.fetch(ROWS, side), columns) for side in (False, True)]
    differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert was == {key: before[key] for key in differing if key in before}
    assert is_.keys() == {key for key in differing if key in after}
    assert all(row[name] == after[key][name] for key, row in is_.items() for name in (*figures, "costs"))


async def test_a_commit_during_the_rollup_of_a_closed_day_leaves_its_rows(
    stores: Stores, store: Store, database: str, api: Api
) -> None:
    """They are what the day said. What was added up meanwhile is neither that nor what it says now."""
    await store.put([Row(START, "PLATFORM", "platform", messages=1)])
    await runs.run(stores, "rollup")
    said, bounds = await instant_now(store), window(0, 1)
    await store.put([Row(START, "PLATFORM", "platform", messages=2)])
    async with connected(database) as other, asyncio.TaskGroup() as tasks, other.transaction():
        await other.execute("update anlyt.metrics_hourly set total_messages = 3")
        tasks.create_task(runs.run(stores, "rollup"))
        while not await store.connection.fetchval(WAITING_FOR_LOCK):
            await asyncio.sleep(0.01)
    assert await store.connection.fetchval("select total_messages from anlyt.metrics_daily") == 1
    assert await store.connection.fetch(CHANGES) == []
    for _ in range(2):
        assert (await answers(api, *bounds, asOf=said))["summary"]["totalMessages"] == 1
        assert (await answers(api, *bounds))["summary"]["totalMessages"] == 3
        await runs.run(stores, "rollup")
    rows = await store.connection.fetch("select total_messages from anlyt.restated_rows order by is_after")
    assert [row["total_messages"] for row in rows] == [1, 3]


async def test_a_change_that_is_taken_back_is_no_other_figure(stores: Stores, store: Store, api: Api) -> None:
    """But in between, the day said something that is not kept."""
    row, bounds = Row(START, "PLATFORM", "platform", messages=5), window(0, 1)
    await store.put([row])
    await runs.run(stores, "rollup")
    await store.put([Row(START, "PLATFORM", "platform", messages=6)])
    between = await instant_now(store)
    await store.put([row])
    changing = (await answers(api, *bounds, asOf=between))["summary"]
    assert changing.startswith(f"{START.date()} has been changing since ")
    await runs.run(stores, "rollup")
    assert "was changing" in (await answers(api, *bounds, asOf=between))["summary"]
    assert await store.connection.fetchval("select count(*) from anlyt.restated_rows") == 0
    assert (await answers(api, *bounds, asOf=await instant_now(store)))["summary"]["totalMessages"] == 5


async def test_after_a_release_that_keeps_nothing_a_day_is_closed_again(stores: Stores, store: Store, api: Api) -> None:
    """The rollup of the release before adds up a closed day as if there were no history."""
    bounds = window(0, 1)
    await store.put([Row(START, "PLATFORM", "platform", messages=1)])
    await runs.run(stores, "rollup")
    first = await instant_now(store)
    await store.put([Row(START, "PLATFORM", "platform", messages=2)])
    await store.connection.execute("update anlyt.metrics_daily set total_messages = 2")
    await store.connection.execute("update anlyt.event_days set rolled_version = version")
    assert "is not closed yet" in (await answers(api, *bounds, asOf=first))["summary"]
    await runs.run(stores, "rollup")
    assert "was not closed at asOf" in (await answers(api, *bounds, asOf=first))["summary"]
    second = await instant_now(store)
    await store.put([Row(START, "PLATFORM", "platform", messages=3)])
    await runs.run(stores, "rollup")
    assert (await answers(api, *bounds, asOf=second))["summary"]["totalMessages"] == 2
    assert [tuple(row) for row in await store.connection.fetch(CHANGES)] == [(START.date(), 1, ["EVENTS"], False)]


async def test_all_causes_of_a_change_are_named_once(stores: Stores, store: Store) -> None:
    await store.put([Row(START, "PLATFORM", "platform", messages=1)])
    await runs.run(stores, "rollup")
    for cause in (peaks.NAME_CAUSE, None, None, swap.NAME_CAUSE):
        async with store.connection.transaction():
            if cause is not None:
                await store.connection.execute(cause)
            await store.connection.execute("update anlyt.metrics_hourly set peak_tps = peak_tps + 1")
    await runs.run(stores, "rollup")
    (change,) = await store.connection.fetch(CHANGES)
    assert change["causes"] == ["COPIES", "EVENTS", "REBUILD"]


async def test_a_day_is_closed_an_hour_after_its_end(stores: Stores, store: Store) -> None:
    await store.put([Row(TODAY + day * DAY, "PLATFORM", "platform", messages=1) for day in (-2, -1, 0)])
    await runs.run(stores, "rollup")
    closed = await store.connection.fetch("select day from anlyt.event_days where closed_at is not null order by day")
    over_for_an_hour = (datetime.now(UTC) - HOUR).date()
    days = [(TODAY - 2 * DAY).date(), (TODAY - DAY).date(), TODAY.date()]
    assert [row["day"] for row in closed] == [day for day in days if day < over_for_an_hour]


async def test_a_rebuild_restates_only_what_it_changes(platform: Platform, stores: Stores) -> None:
    random = Random(SEED)
    old = datetime.now(UTC) - 3 * DAY
    await platform.publish(BILLING_EVENTS, events.messages(random, events.billing, old, 200))
    await platform.drain(BILLING)
    await runs.run(stores, "rollup")
    for lost in (False, True):
        if lost:  # an event that was counted once, but is not in the figures
            await platform.pool.execute(
                "update anlyt.metrics_hourly set total_messages = total_messages - 1 where scope = 'PLATFORM'"
            )
            await runs.run(stores, "rollup")
            assert {tuple(row["causes"]) for row in await platform.pool.fetch(CHANGES)} == {("EVENTS",)}
        async with open_pool(platform.dsn, size=2) as pool, pool.acquire() as connection:
            guard = unlimited_guards([BILLING])[BILLING.name]
            rebuild = Rebuild(History(platform.client, BILLING), pool, connection, "USD", lambda *_: None, guard)
            await rebuild.run(old.replace(minute=0, second=0, microsecond=0) - 2 * DAY)
        await runs.run(stores, "rollup")
        if not lost:
            assert await platform.pool.fetch(CHANGES) == []
    assert {(row["number"], *row["causes"]) for row in await platform.pool.fetch(CHANGES)} == {
        (1, "EVENTS"),
        (2, "REBUILD"),
    }
