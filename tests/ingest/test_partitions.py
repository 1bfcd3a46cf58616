import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from ingest.partitions import Partitions
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.database import connected
from tests.support.platform import BILLING, DELIVERY, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

PARTITIONS = """
select child.relname, pg_get_expr(child.relpartbound, child.oid)
from pg_inherits join pg_class child on child.oid = inhrelid
where inhparent = format('anlyt.%I', $1::text)::regclass order by 1
"""


async def _bounds(platform: Platform, table: str) -> dict[str, str]:
    return dict(map(tuple, await platform.pool.fetch(PARTITIONS, table)))


def _spread(random: Random, make: events.Make, now: datetime, days: int) -> list[Message]:
    """One event per day, on random days of ten years."""
    ages = random.sample(range(3650), days)
    name = "billedAt" if make is events.billing else "receivedAt"
    return [
        events.message(random, make(random, now) | {name: events.written(random, now - timedelta(days=age))})
        for age in ages
    ]


async def test_partitions_are_made_once_with_the_bounds_of_utc(platform: Platform) -> None:
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 2)]
    for partitions in (Partitions(platform.pool), Partitions(platform.pool)):
        await partitions.ensure(days)
        await partitions.ensure(days)
    assert await _bounds(platform, "processed_events") == {
        "processed_events_20261031": "FOR VALUES FROM ('2026-10-31 00:00:00+00') TO ('2026-11-01 00:00:00+00')",
        "processed_events_20261101": "FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-11-02 00:00:00+00')",
        "processed_events_20261102": "FOR VALUES FROM ('2026-11-02 00:00:00+00') TO ('2026-11-03 00:00:00+00')",
    }
    for table in ("metrics_hourly", "costs_hourly"):
        assert await _bounds(platform, table) == {
            f"{table}_20261001": "FOR VALUES FROM ('2026-10-01 00:00:00+00') TO ('2026-11-01 00:00:00+00')",
            f"{table}_20261101": "FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('2026-12-01 00:00:00+00')",
        }


async def test_workers_that_need_the_same_partitions_at_once_get_them(platform: Platform) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(40)]
    await asyncio.gather(*[Partitions(platform.pool).ensure(days) for _ in range(6)])
    assert len(await _bounds(platform, "processed_events")) == 40
    assert len(await _bounds(platform, "metrics_hourly")) == 2


async def test_a_batch_over_hundreds_of_days_and_ten_years(platform: Platform) -> None:
    random, now = Random(5), datetime.now(UTC)
    billing, delivery = _spread(random, events.billing, now, 70), _spread(random, events.report, now, 210)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery + delivery)
    await platform.drain(with_batch(BILLING, 5000, 0.5), with_batch(DELIVERY, 5000, 0.5))
    assert await differences(platform.dsn, expect(billing, delivery, now)) == []


async def test_partitions_dropped_behind_a_workers_back_are_made_again(platform: Platform) -> None:
    random, now = Random(6), datetime.now(UTC)
    at = now - timedelta(days=400)
    fields = [events.report(random, now) | {"receivedAt": at.isoformat()} for _ in range(40)]
    before, after = ([events.message(random, one) for one in part] for part in (fields[:20], fields[20:]))
    async with platform.running_workers(with_batch(DELIVERY, 10)):
        await platform.publish(SMS_DLR, before)
        await platform.wait_until_drained(DELIVERY)
        async with connected(platform.dsn) as connection:
            for table in (f"processed_events_{at:%Y%m%d}", f"metrics_hourly_{at:%Y%m}01"):
                await connection.execute(f"drop table anlyt.{table}")
            await connection.execute("delete from anlyt.accounts")
        await platform.publish(SMS_DLR, after)
        await platform.wait_until_drained(DELIVERY)
    # The ledger says what became of each message, also of those whose rows were dropped.
    ledger = expect([], before + after, now).counted
    assert await differences(platform.dsn, replace(expect([], after, now), counted=ledger)) == []
