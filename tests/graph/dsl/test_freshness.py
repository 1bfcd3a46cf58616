"""`completeUntil` of a table never overstates, whatever marks are open and whenever snapshots are taken."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import FRESH, FreshnessReader, TableFreshness, complete_snapshot
from infra.clickhouse import connect, open_clickhouse
from infra.embedded.engine import Engine
from infra.progress import ProgressSnapshot
from tests.graph.support.queries import REPORTS, fill

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 10, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MARK = "insert into anlyt.dirty (cube, tenant_id, hour, marked_at) values ('{}', 't-1', '2026-10-01 00:00:00', {})"
CUBES = ("cube_dlr_hourly", "cube_dlr_daily")


def snapshot(at: float, minutes: int | None) -> ProgressSnapshot:
    return ProgressSnapshot(at, {"facts_dlr": None if minutes is None else NOON + minutes * MINUTE})


SNAPSHOTS = (snapshot(10, 0), snapshot(12, 1), snapshot(14, 2))


@pytest.mark.parametrize(
    ("now", "age", "expected"),
    [
        (20, None, SNAPSHOTS[2]),  # no open marks
        (20, 0, SNAPSHOTS[2]),
        (20, 6_000, SNAPSHOTS[2]),  # left at the time of the last snapshot, whose messages had left their marks before
        (20, 6_001, SNAPSHOTS[1]),
        (20, 10_000, SNAPSHOTS[0]),
        (20, 10_001, None),
        (13, None, SNAPSHOTS[1]),
        (20, -1, None),
    ],
)
def test_the_last_snapshot_before_the_oldest_mark(
    now: float, age: int | None, expected: ProgressSnapshot | None
) -> None:
    assert complete_snapshot(SNAPSHOTS, now, age) == expected
    assert complete_snapshot((), now, age) is None


class Clock:
    """Advances only when a test sets `now`."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def filled(clickhouse: Engine) -> AsyncIterator[Engine]:
    await fill(clickhouse.dsn, facts_dlr=REPORTS[:50])
    yield clickhouse
    await fill(clickhouse.dsn)


async def test_facts_and_cubes(filled: Engine) -> None:
    """A cube waits for all marks of its facts, of hours and of days alike; facts do not."""
    clock, snapshots = Clock(), [snapshot(99, 0)]
    async with (
        open_clickhouse(filled.dsn, statement_timeout=30) as clickhouse,
        connect(filled.dsn) as client,
    ):
        freshness = FreshnessReader(QueryEngine(clickhouse), lambda: tuple(snapshots), clock)

        async def read_all() -> Mapping[str, TableFreshness]:
            clock.now += FRESH
            return {table: await freshness.of(table) for table in ("facts_dlr", *CUBES)}

        newest = max(row["event_time"] for row in REPORTS[:50])
        assert await read_all() == dict.fromkeys(("facts_dlr", *CUBES), TableFreshness(newest, NOON))
        snapshots.append(snapshot(clock.now, 5))
        for cube in CUBES:
            await client.command(MARK.format(cube, "now64(3) - interval 10 second"))
            by_table = await read_all()
            for table, each in by_table.items():
                assert each.complete_until == (NOON if table in CUBES else NOON + 5 * MINUTE), (cube, table)
                answer = await freshness.of_answer(table)  # takes marked hours from facts
                assert answer == each._replace(complete_until=NOON + 5 * MINUTE)
            await client.command("truncate table anlyt.dirty")
        assert {each.complete_until for each in (await read_all()).values()} == {NOON + 5 * MINUTE}
        await client.command(MARK.format(CUBES[0], "now64(3) - interval 1 hour"))
        snapshots[:] = [snapshot(clock.now + FRESH, None)]
        by_table = await read_all()
        assert by_table["facts_dlr"].complete_until is None
        assert by_table[CUBES[0]].complete_until == NOON + 5 * MINUTE  # it stays complete


async def test_without_snapshots_it_is_unknown(filled: Engine) -> None:
    async with open_clickhouse(filled.dsn, statement_timeout=30) as clickhouse:
        freshness = FreshnessReader(QueryEngine(clickhouse))
        for table in ("facts_dlr", *CUBES):
            assert (await freshness.of(table)).complete_until is None
        assert await freshness.of("cube_compliance_hourly") == TableFreshness()
