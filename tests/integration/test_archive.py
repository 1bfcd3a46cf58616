"""Each old day is completely in one of the two stores, and every answer is the sum of both."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from infra.clickhouse import connect
from infra.embedded.clickhouse import clickhouse_server
from infra.endpoints import Engines
from infra.postgres import Connection
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.runs import PipelineFailedError
from pipelines.stores import Stores, open_stores
from tests.graph.support.api import open_api
from tests.graph.support.checks import check_reports, random_window
from tests.graph.support.problems import check_problem
from tests.graph.support.rows import SUBJECTS, random_row, random_rows
from tests.graph.support.store import DAY, HOUR, Row, Store, hours, iso, refunds
from tests.support.clock import today, wait_out_midnight
from tests.support.database import connected
from tests.support.killed_runs import run_and_kill
from tests.support.warehouse import empty_clickhouse

pytestmark = pytest.mark.anyio

SEED = 20261122
WAITING_FOR_LOCK = (
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
)
TREND = """query($from: DateTime, $to: DateTime) {
  trend(from: $from, to: $to, granularity: MONTHLY) { totalMessages series { totalMessages } } }"""
DAYS = 5  # three to archive, two for PostgreSQL


def first_unarchived() -> datetime:
    return today() - 90 * DAY


def start() -> datetime:
    return first_unarchived() - 3 * DAY


@pytest.fixture(autouse=True)
def of_one_day() -> None:
    wait_out_midnight()


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with connected(database) as connection:
        yield Store(connection)


async def rows_left(connection: Connection) -> int:
    """The number of hourly and daily rows in PostgreSQL that the archive should have removed."""
    count = 0
    for table in ("metrics", "costs"):
        count += await connection.fetchval(
            f"select count(*) from anlyt.{table}_hourly where hour_bucket < $1", first_unarchived()
        )
        count += await connection.fetchval(
            f"select count(*) from anlyt.{table}_daily where day_bucket < $1", first_unarchived().date()
        )
    return count


async def check_answers(stores: Stores, rows: Sequence[Row], random: Random, times: int = 2) -> None:
    """Checks the reports of a new API, which has no cache."""
    for _ in range(times):
        window, by = random_window(random, start(), DAYS * 24), random.choice(["hourly", "daily"])
        async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
            await check_reports(api, rows, window, by)


async def test_old_days_move_and_answers_stay(stores: Stores, store: Store) -> None:
    random, rows = Random(SEED), random_rows(Random(SEED), hours(start(), start() + DAYS * DAY), density=0.3)
    await store.put(rows)
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as caching_api:
        whole = start(), start() + DAYS * DAY
        await check_reports(caching_api, rows, whole, "daily")
        assert await runs.run(stores, "archive") == {"days": 3}
        await check_reports(caching_api, rows, whole, "daily")
    assert await rows_left(store.connection) == 0
    await check_answers(stores, rows, random, 4)
    assert await runs.run(stores, "archive") == {"days": 0}


async def test_the_archive_holds_what_was_dropped(stores: Stores, store: Store, warehouse: str) -> None:
    rows = random_rows(Random(SEED), hours(start(), start() + DAYS * DAY), density=0.2)
    await store.put(rows)
    await runs.run(stores, "archive")
    old = [row for row in rows if row.hour < first_unarchived()]
    sums = "count(), sum(total_messages), sum(latency_sample_count), sum(total_cost), sum(pending_messages)"
    async with connect(warehouse) as client:
        for table in ("metrics_hourly_archive", "metrics_daily_archive"):
            figures = (await client.query(f"select {sums} from anlyt.{table} final")).result_rows[0]
            assert figures[1:] == (
                sum(row.messages for row in old),
                sum(len(row.samples) for row in old),
                sum(row.cost for row in old),
                sum(row.pending for row in old),
            )
        assert (await client.query("select count() from anlyt.metrics_hourly_archive final")).result_rows[0][0] == len(
            old
        )
    ledger = "select sum(hourly_rows), sum(total_messages), bool_and(state = 'ARCHIVED') from anlyt.archive_batches"
    assert tuple(await store.connection.fetchrow(ledger) or ()) == (len(old), sum(row.messages for row in old), True)


async def test_a_restored_postgresql_counts_no_batch_of_its_lost_future(stores: Stores, store: Store) -> None:
    """It would draw the numbers of batches that it does not know, and so make their rows count again."""
    first = (first_unarchived() - DAY).replace(day=1)
    later = Row(first, "PLATFORM", "platform", messages=4)
    earlier = Row(first - DAY, "PLATFORM", "platform", messages=2)
    await store.put([later])
    await runs.run(stores, "archive")
    await store.connection.execute("delete from anlyt.archive_batches; alter sequence anlyt.archive_batch restart")
    await store.put([later, earlier])  # as the backup has them; each month is a batch
    await runs.run(stores, "archive")
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
        answer = await api.report("summary", from_=iso(first - DAY), to=iso(first + DAY))
        assert answer["totalMessages"] == 6


async def test_empty_months_are_dropped(stores: Stores, store: Store) -> None:
    long_ago = (first_unarchived() - 70 * DAY).replace(day=3)
    await store.put(
        [Row(long_ago, "PLATFORM", "platform", messages=4), Row(start(), "PLATFORM", "platform", messages=1)]
    )
    await runs.run(stores, "archive")
    partitions = "select count(*) from pg_class where relname = $1"
    assert await store.connection.fetchval(partitions, f"metrics_hourly_{long_ago:%Y%m}01") == 0
    await store.put([Row(long_ago, "OPERATOR", "op-1", messages=2)])  # a late event creates the partition again
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
        window = {"from_": iso(long_ago.replace(hour=0)), "to": iso(long_ago + DAY)}
        assert (await api.report("summary", **window))["totalMessages"] == 4
        assert (await api.report("operators/op-1/performance", **window))["totalMessages"] == 2
        await runs.run(stores, "archive")
        assert (await api.report("operators/op-1/performance", **window))["totalMessages"] == 2
        await api.report("operators/op-1/performance")  # it exists, although PostgreSQL has no row of it any more
        assert (await api.get("operators/op-2/performance")).status_code == 404
        for order in ("ID_ASC", "ID_DESC"):
            listed = await api.fields(
                f"{{ operators(orderBy: {order}) {{ totalCount edges {{ node {{ operatorId }} }} }} }}"
            )
            assert listed["operators"] == {"totalCount": 1, "edges": [{"node": {"operatorId": "op-1"}}]}


class LateEvents:
    """Adds rows as late events do: to the row of their hour if it still exists, else as a new row."""

    def __init__(self, store: Store) -> None:
        self.written: list[Row] = []
        self._store = store
        self._unarchived: dict[tuple[datetime, str, str], list[Row]] = defaultdict(list)

    async def add(self, rows: Sequence[Row]) -> None:
        existing = await self._store.connection.fetch("select hour_bucket, scope, scope_id from anlyt.metrics_hourly")
        for key in self._unarchived.keys() - set(map(tuple, existing)):
            del self._unarchived[key]
        for row in rows:
            self._unarchived[row.hour, row.scope, row.id].append(row)
        await self._store.put([together(self._unarchived[row.hour, row.scope, row.id]) for row in rows])
        self.written += rows


def together(rows: Sequence[Row]) -> Row:
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        for currency, cost in row.costs.items():
            costs[currency] += cost
    return Row(
        *(rows[0].hour, rows[0].scope, rows[0].id),
        messages=sum(row.messages for row in rows),
        delivered=sum(row.delivered for row in rows),
        failed=sum(row.failed for row in rows),
        segments=sum(row.segments for row in rows),
        cost=sum((row.cost for row in rows), Decimal(0)),
        peak=max(row.peak for row in rows),
        samples=[sample for row in rows for sample in row.samples],
        costs=costs,
        pending=sum(row.pending for row in rows),
        refunded=refunds(rows),
    )


async def test_late_events_count_once_wherever_their_rows_are(stores: Stores, store: Store) -> None:
    """Late events arrive at random points between runs. Reports always have the sum of all rows ever written."""
    random, late = Random(SEED), LateEvents(store)
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as caching_api:
        for _ in range(8):
            cells = sorted({(random.randrange(DAYS * 24), *random.choice(SUBJECTS)) for _ in range(40)})
            await late.add([random_row(random, start() + hour * HOUR, *subject) for hour, *subject in cells])
            if random.random() < 0.7:
                await runs.run(stores, random.choice(["archive", "archive", "rollup"]))
            window, by = random_window(random, start(), DAYS * 24), random.choice(["hourly", "daily"])
            await check_reports(caching_api, late.written, window, by)
            await check_answers(stores, late.written, random, 1)


async def test_what_commits_while_a_day_moves_is_counted(stores: Stores, store: Store, database: str) -> None:
    """An event of the day commits between reading and dropping: the day is read again, or stays."""
    await store.put([Row(start(), "PLATFORM", "platform", messages=1)])
    async with connected(database) as other, asyncio.TaskGroup() as tasks, other.transaction():
        await other.execute("update anlyt.metrics_hourly set total_messages = 5")
        tasks.create_task(runs.run(stores, "archive"))
        while not await store.connection.fetchval(WAITING_FOR_LOCK):
            await asyncio.sleep(0.01)
    await check_answers(stores, [Row(start(), "PLATFORM", "platform", messages=5)], Random(SEED))
    await runs.run(stores, "archive")
    assert await rows_left(store.connection) == 0
    await check_answers(stores, [Row(start(), "PLATFORM", "platform", messages=5)], Random(SEED))


async def test_killed_runs_and_concurrent_runs(
    stores: Stores, store: Store, database: str, warehouse: str, tmp_path: Path
) -> None:
    """Runs over 400 days of history are killed at random points. Nothing is lost or doubled."""
    random = Random(SEED)
    rows = [
        random_row(random, first_unarchived() + (DAYS - day) * DAY + random.randrange(24) * HOUR, *subject)
        for day in range(400)
        for subject in SUBJECTS[:4]
    ]
    await store.put(rows)
    for after in (random.uniform(0.1, 1), random.uniform(1, 3)):
        await run_and_kill(store.connection, tmp_path, "archive", after, postgres=database, clickhouse=warehouse)
        await check_history(stores, rows, random)
    outcomes = await asyncio.gather(*(runs.run(stores, "archive") for _ in range(2)), return_exceptions=True)
    assert {type(each) for each in outcomes if isinstance(each, Exception)} <= {PipelineBusyError}
    assert await rows_left(store.connection) == 0
    assert await store.connection.fetchval("select count(*) from anlyt.archive_batches where state <> 'ARCHIVED'") == 0
    await check_history(stores, rows, random)
    async with connect(warehouse) as client:
        figures = (
            await client.query("select count(), sum(total_messages) from anlyt.metrics_hourly_archive")
        ).result_rows
    old = [row for row in rows if row.hour < first_unarchived()]
    assert figures == [(len(old), sum(row.messages for row in old))]


async def check_history(stores: Stores, rows: Sequence[Row], random: Random) -> None:
    """Checks the reports of a random 90-day window, and the trend of the whole history."""
    begin = first_unarchived() - random.randrange(60, 390) * DAY
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
        await check_reports(api, rows, (begin, begin + 90 * DAY), "daily")
        trend = (await api.fields(TREND, **{"from": iso(today() - 600 * DAY), "to": iso(today())}))["trend"]
    messages = sum(row.messages for row in rows if row.scope == "PLATFORM")
    assert (trend["totalMessages"], sum(month["totalMessages"] for month in trend["series"])) == (messages, messages)


async def test_nothing_to_do(stores: Stores) -> None:
    assert await runs.run(stores, "archive") == {"days": 0}


async def test_unreachable_clickhouse(database: str, store: Store, tmp_path: Path) -> None:
    """Without ClickHouse the pipeline fails, old windows get 503, and recent ones figures. Afterwards all work."""
    rows = [Row(start(), "PLATFORM", "platform", messages=3), Row(today(), "PLATFORM", "platform", messages=4)]
    await store.put(rows)
    old, recent = {"from_": iso(start()), "to": iso(start() + DAY)}, {"from_": iso(today()), "to": iso(today() + DAY)}
    async with clickhouse_server(tmp_path / "clickhouse") as engine:
        await empty_clickhouse(engine.dsn)
        async with open_stores(Engines("nats://127.0.0.1:1", database, engine.dsn)) as stores:
            await engine.stop()
            with pytest.raises(PipelineFailedError, match="ClickHouse"):
                await runs.run(stores, "archive")
            async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
                assert (await api.report("summary", **old))["totalMessages"] == 3
            await engine.start()
            await runs.run(stores, "archive")
            await engine.stop()
            async with open_api(stores.postgres, clickhouse=stores.clickhouse) as api:
                check_problem(await api.get("summary", **old), 503, "DEPENDENCY_UNAVAILABLE")
                assert (await api.report("summary", **recent))["totalMessages"] == 4
                await engine.start()
                assert (await api.report("summary", **old))["totalMessages"] == 3
