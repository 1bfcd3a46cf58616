from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from infra.dedup import dedup_memory, ledger_days
from infra.errors import UsageError
from ingest import backfill
from ingest.partitions import Partitions
from schema.dedup import LedgerDay, remembered_since
from schema.streams import BILLING_EVENTS, SMS_DLR, Stream
from tests.support import events
from tests.support.database import connected
from tests.support.platform import BILLING, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences

pytestmark = pytest.mark.anyio

CLAIMED = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
FORGET = "select anlyt.forget_day($1, $2)"


async def test_the_ledger_reports_its_days(platform: Platform) -> None:
    """One day with claims, one with a dropped partition, one created ahead, and one of the archive."""
    kept, dropped, ahead, figures = (date(2026, 11, day) for day in (1, 2, 3, 4))
    await Partitions(platform.pool).ensure([kept, dropped, ahead])
    for day in (kept, dropped):
        await platform.pool.execute("insert into anlyt.event_days (day, newest_claim_at) values ($1, $2)", day, CLAIMED)
    await platform.pool.execute("insert into anlyt.event_days (day) values ($1)", figures)
    assert await platform.pool.fetchval(FORGET, dropped, CLAIMED) is False
    assert await platform.pool.fetchval(FORGET, dropped, CLAIMED + timedelta(seconds=1)) is True
    assert await platform.pool.fetchval(FORGET, dropped, CLAIMED + timedelta(seconds=1)) is False
    async with connected(platform.dsn) as connection:
        found = await ledger_days(connection)
    assert found == [
        LedgerDay(kept, CLAIMED, True),
        LedgerDay(dropped, CLAIMED, False, CLAIMED),
        LedgerDay(ahead, None, True),
        LedgerDay(figures, None, False),
    ]
    since = remembered_since(found, CLAIMED + timedelta(days=1), timedelta(days=9))
    assert since is not None
    assert since > CLAIMED


async def test_what_was_forgotten_stays_so_when_a_late_event_comes(platform: Platform) -> None:
    """The worker waits for the drop and creates the partition again. A replay of forgotten claims stays refused."""
    random, now = Random(1), datetime.now(UTC)
    at = now - timedelta(days=5)
    first, late = ([events.message(random, events.billing(random, now) | {"billedAt": at.isoformat()})] for _ in "12")
    async with platform.running_workers(with_batch(BILLING, 10)):
        await platform.publish(BILLING_EVENTS, first)
        await platform.wait_until_drained(BILLING)
        assert await platform.pool.fetchval(FORGET, at.date(), now + timedelta(hours=1)) is True
        await platform.publish(BILLING_EVENTS, late)
        await platform.wait_until_drained(BILLING)
    async with connected(platform.dsn) as connection:
        [found] = await ledger_days(connection)
    assert found.kept
    assert found.forgotten_claim_at is not None
    since = remembered_since([found], now, timedelta(days=9))
    with pytest.raises(UsageError, match="may have forgotten"):
        await backfill.begin(platform.client, BILLING, None, since)
    assert await differences(platform.dsn, replace(expect([*first, *late], [], now), claims=1)) == []


async def _set_age(platform: Platform, stream: Stream, days: float) -> None:
    config = (await platform.jetstream.stream_info(stream.name)).config
    await platform.jetstream.update_stream(config.evolve(max_age=days * 86400))


async def test_the_memory_outlives_every_stream(platform: Platform) -> None:
    """The memory follows the retention that the producer sets. A setting that is too short is refused."""
    jetstream = platform.jetstream
    assert [await dedup_memory(jetstream, days) for days in (None, 7, 12, 0)] == [9 * DAY, WEEK, 12 * DAY, None]
    with pytest.raises(UsageError, match=r"ANLYT_DEDUP_DAYS is 6, but BILLING_EVENTS keeps its messages for 7 days"):
        await dedup_memory(jetstream, 6)
    await _set_age(platform, SMS_DLR, 9.5)
    assert await dedup_memory(jetstream, None) == 9.5 * DAY
    with pytest.raises(UsageError, match=r"is 9, but SMS_DLR keeps its messages for 9\.5 days: .* to 10 or more\."):
        await dedup_memory(jetstream, 9)
    await _set_age(platform, SMS_DLR, 0)
    assert await dedup_memory(jetstream, None) is None
    with pytest.raises(UsageError, match=r"SMS_DLR keeps its messages with no limit of age: .* to 0"):
        await dedup_memory(jetstream, 9999)
    await jetstream.delete_stream(SMS_DLR.name)
    assert await dedup_memory(jetstream, 9) == 9 * DAY
