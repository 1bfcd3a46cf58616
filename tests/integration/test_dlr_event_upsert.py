"""US-ANLYT-02: delivery reports become operator performance."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from schema.histogram import percentile
from schema.streams import SMS_DLR
from tests.support import events
from tests.support.bins import percentile_disc, within_tolerance
from tests.support.platform import DELIVERY, Platform, with_batch
from tests.support.reference import Key, expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
HOUR = NOW.replace(minute=0, second=0, microsecond=0)
REPORT: Mapping[str, Any] = {
    "schemaVersion": "1",
    "eventId": "6f1c1c9e-7b7e-4a53-9d3f-0a4b8f7c2d11",
    "messageId": "m-1",
    "operatorId": "op-1",
    "accountId": "acc-1",
    "deliveryStatus": "DELIVERED",
    "errorCode": None,
    "latencyMs": 1500,
    "tpsSnapshot": 40,
    "receivedAt": HOUR.isoformat(),
}
PERFORMANCE = """
select hour_bucket, operator_id, delivered_messages, failed_messages, pending_messages, latency_sum_ms,
    latency_sample_count, peak_tps
from anlyt.operator_performance order by hour_bucket, operator_id
"""
HISTOGRAMS = "select scope, scope_id, hour_bucket, latency_bins, latency_counts from anlyt.metrics_hourly"


def report(**changes: Any) -> Message:
    return Message(json.dumps({**REPORT, **changes}).encode())


async def _rows_after(platform: Platform, *messages: Message) -> list[tuple[Any, ...]]:
    """Publishes and processes messages; returns the operators' rows. All rows equal the reference."""
    await platform.publish(SMS_DLR, messages)
    await platform.drain(with_batch(DELIVERY, 5000))
    assert await differences(platform.dsn, expect([], messages, NOW)) == []
    return [tuple(row) for row in await platform.pool.fetch(PERFORMANCE)]


async def test_ac1_a_delivery_increments_delivered(platform: Platform) -> None:
    assert await _rows_after(platform, report()) == [(HOUR, "op-1", 1, 0, 0, 1500, 1, 40)]


@pytest.mark.parametrize("status", ["FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED"])
async def test_ac2_a_failure_increments_failed(platform: Platform, status: str) -> None:
    failure = report(deliveryStatus=status, errorCode="ESME_RTHROTTLED")
    assert await _rows_after(platform, failure) == [(HOUR, "op-1", 0, 1, 0, 1500, 1, 40)]


async def test_ac3_latency_is_accumulated_by_hour(platform: Platform) -> None:
    later = HOUR + timedelta(hours=1)
    messages = [report(eventId=f"e-{n}", latencyMs=n) for n in range(100)]
    messages += [report(eventId="later", latencyMs=2**31, receivedAt=later.isoformat())]
    assert await _rows_after(platform, *messages) == [
        (HOUR, "op-1", 100, 0, 0, 4950, 100, 40),
        (later, "op-1", 1, 0, 0, 2**31, 1, 40),
    ]


async def test_ac4_the_same_report_twice_changes_nothing(platform: Platform) -> None:
    await platform.publish(SMS_DLR, [report()])
    await platform.drain(with_batch(DELIVERY, 5000))
    assert await _rows_after(platform, report()) == [(HOUR, "op-1", 1, 0, 0, 1500, 1, 40)]


async def test_a_pending_report_has_its_own_count_and_no_latency(platform: Platform) -> None:
    pending = report(eventId="p-1", deliveryStatus="PENDING", tpsSnapshot=90)
    assert await _rows_after(platform, pending, report()) == [(HOUR, "op-1", 1, 0, 1, 1500, 1, 90)]


async def test_a_missing_error_code_and_missing_dimensions_are_fine(platform: Platform) -> None:
    bare = Message(json.dumps({name: value for name, value in REPORT.items() if name != "errorCode"}).encode())
    assert await _rows_after(platform, bare) == [(HOUR, "op-1", 1, 0, 0, 1500, 1, 40)]


@pytest.mark.parametrize("seed", [21, 22, 23])
async def test_brute_force(platform: Platform, seed: int) -> None:
    """Every row is exact, and P95 is within 1 % of SQL's percentile_disc over merges of hours, days and operators."""
    print(f"seed {seed}")
    random = Random(seed)
    messages = events.messages(random, events.report, NOW, 2000)
    await platform.publish(SMS_DLR, messages)
    await platform.drain(*[with_batch(DELIVERY, random.choice([13, 300, 5000]))] * random.choice([1, 2]))
    expected = expect([], messages, NOW)
    assert await differences(platform.dsn, expected) == []
    samples = {key: row.samples for key, row in expected.metrics.items()}
    stored = {
        (scope, id_, hour): Counter(dict(zip(bins, counts, strict=True)))
        for scope, id_, hour, bins, counts in await platform.pool.fetch(HISTOGRAMS)
    }
    for merge in (_by_row, _by_day, _by_id, _by_scope):
        _check_percentiles(merge, samples, stored)


def _by_row(key: Key) -> Hashable:
    return key


def _by_day(key: Key) -> Hashable:
    return key[0], key[1], key[2].date()


def _by_id(key: Key) -> Hashable:
    return key[0], key[1]


def _by_scope(key: Key) -> Hashable:
    return key[0]


def _check_percentiles(
    merge: Callable[[Key], Hashable], samples: Mapping[Key, list[int]], stored: Mapping[Key, Counter[int]]
) -> None:
    exact: dict[Hashable, list[int]] = defaultdict(list)
    merged: dict[Hashable, Counter[int]] = defaultdict(Counter)
    for key in samples:
        exact[merge(key)] += samples[key]
        merged[merge(key)] += stored[key]
    for group, latencies in exact.items():
        answer = percentile(merged[group], 95)
        if latencies:
            assert answer is not None
            assert within_tolerance(answer, percentile_disc(latencies, 95))
        else:
            assert answer is None


async def test_the_references_percentile_is_that_of_sql(platform: Platform) -> None:
    random = Random(7)
    for count in (1, 2, 19, 20, 21, 100, 1000):
        samples = [random.randrange(5000) for _ in range(count)]
        sql = "select percentile_disc(0.95) within group (order by latency) from unnest($1::int[]) as latency"
        assert await platform.pool.fetchval(sql, samples) == percentile_disc(samples, 95)
