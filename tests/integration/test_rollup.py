"""Daily rows equal the sum of their hours, and reports are the same with and without them."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import asyncpg
import pytest

from infra.embedded.postgres import postgres_server
from infra.endpoints import Engines
from infra.errors import DependencyUnavailableError, UsageError
from infra.migrate import PostgresLedger, migrate
from infra.postgres import Connection
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.rollup.datasets import add_up
from pipelines.stores import Stores, open_stores
from tests.graph.support.api import Api, open_api
from tests.graph.support.checks import check_reports, random_window
from tests.graph.support.rows import SUBJECTS, random_row, random_rows
from tests.graph.support.store import DAY, HOUR, Row, Store, hours
from tests.support.database import connected
from tests.support.days import daily, daily_costs, stored_daily, stored_daily_costs
from tests.support.killed_runs import run_and_kill

pytestmark = pytest.mark.anyio

START = datetime(2026, 9, 29, tzinfo=UTC)  # includes the end of a month
DAYS = 4
SEED = 20261122
WAITING_FOR_LOCK = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    async with open_stores(nothing_but(database)) as opened:
        yield opened


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with connected(database) as connection:
        yield Store(connection)


def nothing_but(postgres: str) -> Engines:
    return Engines("nats://127.0.0.1:1", postgres, "http://127.0.0.1:1")


async def check_days(connection: Connection, rows: Sequence[Row]) -> None:
    assert await stored_daily(connection) == daily(rows)
    assert await stored_daily_costs(connection) == daily_costs(rows)
    dirty = await connection.fetchval("select count(*) from anlyt.event_days where version <> rolled_version")
    assert dirty == 0


async def test_days_are_the_sum_of_their_hours_despite_late_events(stores: Stores, store: Store) -> None:
    random = Random(SEED)
    rows = {(row.hour, row.id): row for row in random_rows(random, hours(START, START + DAYS * DAY), density=0.4)}
    await store.put(rows.values())
    assert await runs.run(stores, "rollup") == {"days": DAYS}
    await check_days(store.connection, [*rows.values()])
    assert await runs.run(stores, "rollup") == {"days": 0}  # a second run changes nothing
    late = random_rows(random, hours(START + DAY, START + DAY + 5 * HOUR), density=0.5)
    rows |= {(row.hour, row.id): row for row in late}
    await store.put(late)
    assert await runs.run(stores, "rollup") == {"days": 1}
    await check_days(store.connection, [*rows.values()])


async def test_daily_cells_without_hours_are_deleted(stores: Stores, store: Store) -> None:
    rows = random_rows(Random(SEED), hours(START, START + 2 * DAY), density=0.4)
    await store.put(rows)
    await runs.run(stores, "rollup")
    for table in ("metrics_hourly", "costs_hourly"):
        await store.connection.execute(
            f"delete from anlyt.{table} where scope = 'OPERATOR' and hour_bucket < $1", START + DAY
        )
    await runs.run(stores, "rollup")
    await check_days(store.connection, [row for row in rows if row.scope != "OPERATOR" or row.hour >= START + DAY])


async def test_one_day_and_all_days_again(stores: Stores, store: Store) -> None:
    rows = random_rows(Random(SEED), hours(START, START + DAYS * DAY), density=0.2)
    await store.put(rows)
    await runs.run(stores, "rollup")
    await store.connection.execute("update anlyt.metrics_daily set total_messages = total_messages + 1")
    await runs.run(stores, "rollup", {"day": "2026-09-30"})
    wrong = {
        day for (day, *_), row in (await stored_daily(store.connection)).items() if row not in daily(rows).values()
    }
    assert date(2026, 9, 30) not in wrong
    assert len(wrong) == DAYS - 1
    assert await runs.run(stores, "rollup", {"all": "true"}) == {"days": DAYS}
    await check_days(store.connection, rows)


@pytest.mark.parametrize("params", [{"day": "yesterday"}, {"all": "perhaps"}, {"hour": "1"}])
def test_wrong_parameters_are_refused(params: Mapping[str, str]) -> None:
    with pytest.raises(UsageError, match=next(iter(params))):
        runs.parse_request("rollup", params)


async def test_nothing_to_do(stores: Stores) -> None:
    assert await runs.run(stores, "rollup") == {"days": 0}
    assert await runs.run(stores, "rollup", {"day": "2026-01-01"}) == {"days": 0}


async def test_reports_are_the_same_at_any_progress_of_the_rollup(stores: Stores, store: Store) -> None:
    """Late events and rollups at random points, for one API with a cache and a new API each time."""
    random, rows = Random(SEED), dict[tuple[datetime, str], Row]()
    async with open_api(stores.postgres) as caching:
        for _ in range(10):
            changed = [START + random.randrange(DAYS * 24) * HOUR for _ in range(random.choice([1, 12, 40]))]
            for subject in random.sample(SUBJECTS, 6):
                rows |= {(hour, subject[1]): random_row(random, hour, *subject) for hour in changed}
            await store.put([row for row in rows.values() if row.hour in changed])
            if random.random() < 0.6:
                await runs.run(stores, "rollup")
            window, by = random_window(random, START, DAYS * 24), random.choice(["hourly", "daily"])
            async with open_api(stores.postgres) as fresh:
                for api in (caching, fresh):
                    await check_reports(api, [*rows.values()], window, by)


async def test_a_commit_during_the_rollup_of_a_day_leaves_it_dirty(stores: Stores, store: Store, database: str) -> None:
    await store.put([Row(START, "PLATFORM", "platform", messages=1)])
    async with connected(database) as other, asyncio.TaskGroup() as tasks, other.transaction():
        await other.execute("update anlyt.metrics_hourly set total_messages = 2")
        tasks.create_task(runs.run(stores, "rollup"))
        while not await store.connection.fetchval(WAITING_FOR_LOCK):
            await asyncio.sleep(0.01)
    async with open_api(stores.postgres) as api:
        assert await total_messages(api) == 2
        stale = await store.connection.fetchval("select total_messages from anlyt.metrics_daily")
        assert stale == 1  # no report reads it
        await runs.run(stores, "rollup")
        assert await total_messages(api) == 2
    await check_days(store.connection, [Row(START, "PLATFORM", "platform", messages=2)])


async def total_messages(api: Api) -> int:
    answer = await api.report("summary", from_=START.isoformat(), to=(START + DAY).isoformat(), granularity="daily")
    messages: int = answer["totalMessages"]
    return messages


async def test_reports_stay_correct_during_events_and_rollups(stores: Stores, store: Store) -> None:
    """Each write adds one message. No answer may have fewer than were written before its request."""
    await store.put([Row(START + n * HOUR, "PLATFORM", "platform") for n in range(24)])
    written, done = 0, asyncio.Event()

    async def write() -> None:
        nonlocal written
        for number in range(150):
            hour = START + number % 24 * HOUR
            await store.connection.execute(
                "update anlyt.metrics_hourly set total_messages = total_messages + 1 where hour_bucket = $1", hour
            )
            written += 1
        done.set()

    async def roll() -> None:
        while not done.is_set():
            async with stores.postgres.acquire() as connection, connection.transaction():
                await add_up(connection, START.date())

    async with open_api(stores.postgres) as api, asyncio.TaskGroup() as tasks:
        tasks.create_task(write())
        tasks.create_task(roll())
        while not done.is_set():
            before = written
            assert before <= await total_messages(api) <= written + 1


async def test_killed_runs_and_concurrent_runs(stores: Stores, store: Store, database: str, tmp_path: Path) -> None:
    """Runs over 400 days of history are killed at random points. The result equals an undisturbed run."""
    random = Random(SEED)
    rows = [
        random_row(random, START - day * DAY + random.randrange(24) * HOUR, *subject)
        for day in range(400)
        for subject in SUBJECTS[:4]
    ]
    await store.put(rows)
    for _ in range(2):
        await run_and_kill(store.connection, tmp_path, "rollup", random.uniform(0, 0.4), postgres=database)
    assert await store.connection.fetchval("select count(*) from anlyt.event_days where rolled_version < version") > 0
    outcomes = await asyncio.gather(*(runs.run(stores, "rollup") for _ in range(2)), return_exceptions=True)
    failures = [each for each in outcomes if isinstance(each, BaseException)]
    assert len(failures) <= 1
    assert all(isinstance(each, PipelineBusyError) for each in failures)
    await check_days(store.connection, rows)
    statuses = "select array_agg(status order by id) from anlyt.pipeline_runs where status <> 'SUCCEEDED'"
    assert await store.connection.fetchval(statuses) == ["ABANDONED"] * 2


async def test_unreachable_postgresql(tmp_path: Path) -> None:
    """The run fails with a clear message, and the next run catches up."""
    async with postgres_server(tmp_path / "postgres") as engine, open_stores(nothing_but(engine.dsn)) as stores:
        rows = random_rows(Random(SEED), hours(START, START + DAY), density=0.3)
        connection = await asyncpg.connect(engine.dsn, server_settings={"timezone": "UTC"})
        async for _ in migrate(PostgresLedger(connection), "postgres"):
            pass
        await Store(connection).put(rows)
        await connection.close()
        await engine.kill()
        with pytest.raises(DependencyUnavailableError, match="PostgreSQL does not answer"):
            await runs.run(stores, "rollup")
        await engine.start()
        await runs.run(stores, "rollup")
        async with connected(engine.dsn) as again:
            await check_days(again, rows)
