"""US-ANLYT-08: history is replayed or rebuilt while events arrive; the results equal brute force."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from prometheus_client import REGISTRY

from functions import METRICS
from functions.function import AnyFunction
from infra.errors import UsageError
from infra.postgres import open_pool
from ingest import backfill
from ingest.rebuild.history import History
from ingest.rebuild.rebuild import Rebuild
from ingest.rebuild.swap import CELLS
from schema.streams import BILLING_EVENTS, SMS_DLR, Stream
from tests.support import events
from tests.support.chaos import flood
from tests.support.platform import BILLING, DELIVERY, Platform, unlimited_guards, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
SINCE = NOW - timedelta(days=80)
STREAM_OF: dict[AnyFunction, Stream] = {BILLING: BILLING_EVENTS, DELIVERY: SMS_DLR}
CORRUPT = """
update anlyt.metrics_hourly set total_messages = total_messages + 7, total_cost = total_cost - 1,
    refunded_messages = null, delivered_messages = 0, latency_counts = '{}', latency_bins = '{}', peak_tps = 9
where hour_bucket >= $1 and random() < 0.5
"""
PHANTOM = (
    "insert into anlyt.metrics_hourly (hour_bucket, scope, scope_id, total_messages) values ($1, 'ACCOUNT', 'x', 1)"
)
PHANTOM_COST = "insert into anlyt.costs_hourly values ($1, 'ACCOUNT', 'x', 'CHF', 5)"
WAITING = "select true from pg_locks where locktype = 'advisory' and not granted"
VERSIONS = "select day, version from anlyt.event_days"


def _history(rng: Random, count: int) -> tuple[list[Message], list[Message]]:
    return events.messages(rng, events.billing, NOW, count), events.messages(rng, events.report, NOW, count)


@asynccontextmanager
async def _rebuilding(platform: Platform, function: AnyFunction) -> AsyncIterator[Rebuild]:
    guard = unlimited_guards([function])[function.name]
    async with open_pool(platform.dsn, size=2) as pool, pool.acquire() as connection:
        yield Rebuild(History(platform.client, function), pool, connection, "USD", lambda done, total: None, guard)


async def _rebuild(platform: Platform, function: AnyFunction, since: datetime | None = SINCE) -> datetime:
    async with _rebuilding(platform, function) as rebuild:
        return await rebuild.run(since)


def _delivered(function: AnyFunction) -> float:
    """The number of messages that this process's workers received, redeliveries included."""
    results = [
        {"type": function.event.event_type, "result": result} for result in ("counted", "duplicate", "deadletter")
    ]
    return sum(REGISTRY.get_sample_value("anlyt_events_processed_total", labels) or 0 for labels in results)


async def test_a_replay_under_live_load_changes_nothing(platform: Platform) -> None:
    """Three replays, the last one from a time on, while workers run and more events arrive."""
    seed = 81
    print(f"seed {seed}")
    billing, delivery = _history(Random(seed), 2000)
    half = len(billing) // 2
    await platform.publish(BILLING_EVENTS, billing[:half])
    await platform.publish(SMS_DLR, delivery[:half])
    workers = [with_batch(function, 300) for function in METRICS]
    before = [_delivered(function) for function in METRICS]
    async with platform.running_workers(*workers, *workers):
        await platform.wait_until_drained(*METRICS)

        async def replay(function: AnyFunction, since: datetime | None) -> None:
            begun = await backfill.begin(platform.client, function, since)
            progress = [each async for each in backfill.follow(platform.client, begun)]
            assert progress[-1].total >= progress[-1].done >= begun.to_do - function.batch.size

        async def replays(function: AnyFunction) -> None:
            for since in (None, None, NOW):
                await replay(function, since)

        await asyncio.gather(
            flood(platform, BILLING_EVENTS, billing[half:], 1.5),
            flood(platform, SMS_DLR, delivery[half:], 1.5),
            *map(replays, workers),
        )
        await platform.wait_until_drained(*METRICS)
    for function, was in zip(METRICS, before, strict=True):
        assert _delivered(function) - was >= len(billing) + 2 * half  # two replays of at least the first half
    assert await differences(platform.dsn, expect(billing, delivery, NOW)) == []


async def test_a_replay_begins_at_since_and_skips_nothing(platform: Platform) -> None:
    billing, _ = _history(Random(82), 200)
    await platform.publish(BILLING_EVENTS, billing[:100])
    await platform.drain(BILLING)
    await asyncio.sleep(0.01)
    middle = datetime.now(UTC)
    await platform.publish(BILLING_EVENTS, billing[100:150])
    await platform.drain(BILLING)
    assert (await backfill.begin(platform.client, BILLING, middle)).to_do == 50
    await platform.drain(BILLING)
    await platform.publish(BILLING_EVENTS, billing[150:])
    waiting = len(billing) - 150
    begun = await backfill.begin(platform.client, BILLING, datetime.now(UTC) + timedelta(days=1))
    assert (begun.behind, begun.to_do) == (waiting, waiting)
    await platform.drain(BILLING)
    assert await differences(platform.dsn, expect(billing, [], NOW)) == []


async def test_a_replay_older_than_the_ledger_is_refused_and_changes_nothing(platform: Platform) -> None:
    billing, _ = _history(Random(83), 50)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.drain(BILLING)
    remembered = datetime.now(UTC) + timedelta(seconds=1)
    with pytest.raises(UsageError, match=r"--since (\S+)\).*--rebuild") as refused:
        await backfill.begin(platform.client, BILLING, None, remembered)
    offered = re.findall(r"--since (\S+)\)", str(refused.value))
    assert [datetime.fromisoformat(time) >= remembered for time in offered] == [True]
    assert await platform.pending_count(BILLING) == 0
    assert (await backfill.begin(platform.client, BILLING, remembered, remembered)).to_do == 0


@pytest.mark.parametrize("function", METRICS, ids=lambda function: function.name)
async def test_a_rebuild_under_live_load_corrects_figures(platform: Platform, function: AnyFunction) -> None:
    """A rebuild corrects only its function's columns; those of the other function need their own rebuild."""
    seed = 84
    print(f"seed {seed}")
    rng = Random(seed)
    billing, delivery = _history(rng, 2000)
    half = len(billing) // 2
    await platform.publish(BILLING_EVENTS, billing[:half])
    await platform.publish(SMS_DLR, delivery[:half])
    workers = [with_batch(each, 300) for each in METRICS]
    async with platform.running_workers(*workers, *workers):
        await platform.wait_until_drained(*METRICS)
        hour = NOW.replace(minute=0, second=0, microsecond=0)
        await platform.pool.execute(CORRUPT, SINCE)
        await platform.pool.execute(PHANTOM, hour)
        await platform.pool.execute(PHANTOM_COST, hour)
        versions = dict(map(tuple, await platform.pool.fetch(VERSIONS)))
        other = DELIVERY if function == BILLING else BILLING

        async def rebuilds() -> None:
            for each in (function, other, function):
                await _rebuild(platform, with_batch(each, rng.choice([100, 700])))

        await asyncio.gather(
            flood(platform, BILLING_EVENTS, billing[half:], 2), flood(platform, SMS_DLR, delivery[half:], 2), rebuilds()
        )
        await platform.wait_until_drained(*METRICS)
    # A row without delivery reports may be a charge and its refund: a rebuild of delivery_metrics keeps it.
    assert await differences(platform.dsn, expect(billing, delivery, NOW)) == []
    now = dict(map(tuple, await platform.pool.fetch(VERSIONS)))
    assert now[NOW.date()] > versions[NOW.date()]


async def test_a_rebuild_counts_missing_events_and_keeps_older_rows(platform: Platform) -> None:
    """Claims and cells are deleted. A worker that starts after the rebuild finds everything counted."""
    billing, delivery = _history(Random(85), 300)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.publish(SMS_DLR, delivery)
    await platform.drain(*METRICS)
    for table in ("processed_events", "metrics_hourly", "costs_hourly"):
        column = "event_at" if table == "processed_events" else "hour_bucket"
        await platform.pool.execute(f"delete from anlyt.{table} where {column} >= $1", SINCE.replace(minute=0))
    start = SINCE.replace(minute=0, second=0, microsecond=0)
    for function in METRICS:
        assert await _rebuild(platform, function, start) == start
        await backfill.begin(platform.client, function, start)
    await platform.drain(*METRICS)
    assert await differences(platform.dsn, expect(billing, delivery, NOW)) == []


async def test_hours_that_are_partly_in_the_stream_stay(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """The beginning of the stream is purged. Here, hours are complete if 2 hours older than their messages."""
    billing, _ = _history(Random(86), 300)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.drain(BILLING)
    await platform.jetstream.purge_stream(BILLING_EVENTS.name, seq=len(billing) // 2)
    with pytest.raises(UsageError, match="nothing to rebuild before"):
        await _rebuild(platform, BILLING, None)
    with pytest.raises(UsageError, match="too early"):
        await _rebuild(platform, BILLING, SINCE)
    assert await differences(platform.dsn, expect(billing, [], NOW)) == []
    monkeypatch.setattr("ingest.rebuild.complete_hours.AHEAD", -timedelta(hours=2))
    start = await _rebuild(platform, BILLING, None)
    kept = {key: row for key, row in expect(billing, [], NOW).metrics.items() if key[2] < start}
    left = expect((await platform.stored_messages(BILLING_EVENTS)).values(), [], NOW).metrics
    rebuilt = {key: row for key, row in left.items() if key[2] >= start}
    sums = {key: row.total_messages for key, row in (kept | rebuilt).items()}
    rows = await platform.pool.fetch("select scope, scope_id, hour_bucket, total_messages from anlyt.metrics_hourly")
    assert {(row[0], row[1], row[2]): row[3] for row in rows} == sums


async def test_a_recreated_stream_does_not_count_as_complete_history(platform: Platform) -> None:
    billing, _ = _history(Random(87), 100)
    await platform.publish(BILLING_EVENTS, billing)
    await platform.drain(BILLING)
    for left in ([], billing[:10]):
        config = (await platform.jetstream.stream_info(BILLING_EVENTS.name)).config
        await platform.jetstream.delete_stream(BILLING_EVENTS.name)
        await platform.jetstream.add_stream(config)
        await platform.publish(BILLING_EVENTS, left)
        with pytest.raises(UsageError, match="nothing to rebuild before"):
            await _rebuild(platform, BILLING, None)
    await platform.jetstream.purge_stream(BILLING_EVENTS.name)
    with pytest.raises(UsageError, match="nothing to rebuild before"):
        await _rebuild(platform, BILLING, None)
    assert await differences(platform.dsn, expect(billing, [], NOW)) == []


def test_every_function_of_postgresql_can_be_rebuilt() -> None:
    assert list(CELLS) == [function.name for function in METRICS]
