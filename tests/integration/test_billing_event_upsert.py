"""US-ANLYT-01: billing events become hourly metrics."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from schema.streams import BILLING_EVENTS
from tests.support import events
from tests.support.platform import BILLING, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
HOUR = NOW.replace(minute=0, second=0, microsecond=0)
CHARGE: Mapping[str, Any] = {
    "schemaVersion": "1",
    "eventId": "6f1c1c9e-7b7e-4a53-9d3f-0a4b8f7c2d11",
    "messageId": "m-1",
    "accountId": "acc-1",
    "tenantId": "t-1",
    "operatorId": "op-1",
    "segmentCount": 2,
    "costPerSegment": "0.012345",
    "totalCost": "0.02469",
    "currency": "USD",
    "status": "BILLED",
    "billedAt": HOUR.isoformat(),
}
ROWS = """
select scope, scope_id, hour_bucket, total_messages, segments, total_cost from anlyt.metrics_hourly
order by hour_bucket, scope desc
"""


def charge(**changes: Any) -> Message:
    return Message(json.dumps({**CHARGE, **changes}).encode())


async def _rows_after(platform: Platform, *messages: Message) -> list[tuple[Any, ...]]:
    """Publishes and processes messages; returns all rows, which equal the reference."""
    await platform.publish(BILLING_EVENTS, messages)
    await platform.drain(with_batch(BILLING, 5000))
    assert await differences(platform.dsn, expect(messages, [], NOW)) == []
    return [tuple(row) for row in await platform.pool.fetch(ROWS)]


def _rows_of_three_scopes(messages: int, segments: int, cost: str, hour: datetime = HOUR) -> list[tuple[Any, ...]]:
    ids = {"PLATFORM": "platform", "OPERATOR": "op-1", "ACCOUNT": "acc-1"}
    return [(scope, id_, hour, messages, segments, Decimal(cost)) for scope, id_ in ids.items()]


async def test_ac1_an_event_is_upserted_for_platform_operator_and_account(platform: Platform) -> None:
    assert await _rows_after(platform, charge()) == _rows_of_three_scopes(1, 2, "0.024690")


async def test_ac2_the_same_event_twice_changes_nothing(platform: Platform) -> None:
    await platform.publish(BILLING_EVENTS, [charge()])
    await platform.drain(with_batch(BILLING, 5000))
    assert await _rows_after(platform, charge()) == _rows_of_three_scopes(1, 2, "0.024690")


async def test_ac3_billed_adds_and_refunded_takes_away(platform: Platform) -> None:
    billed = [charge(eventId=f"e-{n}", totalCost="1.1") for n in range(3)]
    refunded = charge(eventId="r-1", status="REFUNDED", segmentCount=1, totalCost="0.000001")
    assert await _rows_after(platform, *billed, refunded) == _rows_of_three_scopes(2, 5, "3.299999")


async def test_ac4_nothing_is_left_behind(platform: Platform) -> None:
    random = Random(4)
    await _rows_after(platform, *[events.message(random, events.billing(random, NOW)) for _ in range(3000)])
    assert await platform.pending_count(BILLING) == 0


async def test_a_refund_may_come_first_and_alone(platform: Platform) -> None:
    assert await _rows_after(platform, charge(status="REFUNDED")) == _rows_of_three_scopes(-1, -2, "-0.024690")


async def test_a_refund_counts_in_the_hour_of_the_refund(platform: Platform) -> None:
    earlier = HOUR - timedelta(hours=1)
    refund = charge(eventId="r-1", status="REFUNDED")
    rows = await _rows_after(platform, charge(billedAt=earlier.isoformat()), refund)
    assert rows == _rows_of_three_scopes(1, 2, "0.024690", earlier) + _rows_of_three_scopes(-1, -2, "-0.024690")


async def test_money_is_exact_to_the_sixth_decimal(platform: Platform) -> None:
    """In binary floating point, these amounts would not add up exactly."""
    amounts = ["0.1"] * 10 + ["0.000001"] * 7 + ["999999999999.999999"] * 3
    messages = [charge(eventId=f"e-{n}", totalCost=amount) for n, amount in enumerate(amounts)]
    assert await _rows_after(platform, *messages) == _rows_of_three_scopes(20, 40, "3000000000001.000004")


async def test_currencies_are_kept_apart(platform: Platform) -> None:
    messages = [
        charge(eventId="e-1"),
        charge(eventId="e-2", currency="AFN", totalCost="70.5"),
        charge(eventId="e-3", currency="EUR", totalCost="3"),
        charge(eventId="e-4", currency="EUR", totalCost="3", status="REFUNDED"),
    ]
    assert await _rows_after(platform, *messages) == _rows_of_three_scopes(2, 4, "0.024690")
    costs = await platform.pool.fetch(
        "select currency, total_cost from anlyt.costs_hourly where scope = 'PLATFORM' order by 1"
    )
    assert [tuple(row) for row in costs] == [("AFN", Decimal("70.5")), ("EUR", Decimal(0))]


@pytest.mark.parametrize(
    "edge",
    [HOUR, HOUR.replace(hour=0), HOUR.replace(day=1, hour=0), HOUR.replace(month=1, day=1, hour=0)],
    ids=["hour", "day", "month", "year"],
)
async def test_edges_of_the_calendar(platform: Platform, edge: datetime) -> None:
    before = edge - timedelta(hours=1)
    messages = [
        charge(eventId="last", billedAt=f"{before:%Y-%m-%dT%H}:59:59.9999999Z"),
        charge(eventId="first", billedAt=f"{edge:%Y-%m-%dT%H}:00:00.000000000Z"),
    ]
    assert await _rows_after(platform, *messages) == _rows_of_three_scopes(
        1, 2, "0.024690", before
    ) + _rows_of_three_scopes(1, 2, "0.024690", edge)


@pytest.mark.parametrize("seed", [11, 12, 13])
async def test_brute_force(platform: Platform, seed: int) -> None:
    print(f"seed {seed}")
    random = Random(seed)
    messages = events.messages(random, events.billing, NOW, 2000)
    await platform.publish(BILLING_EVENTS, messages)
    await platform.drain(*[with_batch(BILLING, random.choice([13, 300, 5000]))] * random.choice([1, 2]))
    assert await differences(platform.dsn, expect(messages, [], NOW)) == []
