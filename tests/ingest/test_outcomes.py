"""What the ledger has of a message, without engines."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from functions.billing_metrics import billing_metrics
from functions.delivery_metrics import delivery_metrics
from functions.function import AnyFunction
from ingest import outcomes
from ingest.outcomes import CountedKey, Refusal
from schema.instants import instant
from tests.support import events
from tests.support.writes import decoded_at

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
HOUR = datetime(2026, 11, 20, 12, tzinfo=UTC)
STORED = instant(NOW) * 1000 + 7
GOOD: dict[str, Any] = {
    **{"eventId": "e", "totalCost": "1.5", "currency": "AFN", "status": "BILLED"},
    "billedAt": "2026-11-20T16:45:00.1+04:30",
}


@pytest.mark.parametrize(
    ("fields", "hour", "amount"),
    [
        (GOOD, HOUR, ("AFN", "1.5", False)),
        (GOOD | {"status": "REFUNDED"}, HOUR, ("AFN", "-1.5", True)),
        (GOOD | {"totalCost": "99999999.999999"}, HOUR, ("AFN", "99999999.999999", False)),
        (GOOD | {"totalCost": "93701234567"}, HOUR, ("", "0", False)),  # it may be a phone number
        (GOOD | {"totalCost": "-1"}, HOUR, ("", "0", False)),
        (GOOD | {"totalCost": None}, HOUR, ("", "0", False)),
        (GOOD | {"currency": "afn"}, HOUR, ("", "0", False)),
        (GOOD | {"status": "PAID"}, HOUR, ("", "0", False)),
        (GOOD | {"billedAt": "2026-11-20"}, None, ("AFN", "1.5", False)),
        (GOOD | {"billedAt": "2026-11-21T12:30:00.000001Z"}, None, ("AFN", "1.5", False)),
        (GOOD | {"billedAt": "2026-11-21T12:30:00Z"}, HOUR + timedelta(days=1), ("AFN", "1.5", False)),
        (GOOD | {"billedAt": 7, "totalCost": 7}, None, ("", "0", False)),
        ({}, None, ("", "0", False)),
        ([GOOD], None, ("", "0", False)),
    ],
)
def test_what_can_be_read_of_a_refused_message(fields: Any, hour: datetime | None, amount: tuple[Any, ...]) -> None:
    (row,) = outcomes.refused(billing_metrics.event, [Refusal(STORED, "invalid_field", json.dumps(fields).encode())])
    assert (row.stored, row.outcome, row.event_hour) == (STORED, "invalid_field", hour)
    assert (row.currency, row.amount, row.is_refund) == (amount[0], Decimal(amount[1]), amount[2])


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"totalCost": "\xff"}', b"[" * 100_000])
def test_what_is_no_json_has_neither_time_nor_amount(data: bytes) -> None:
    (row,) = outcomes.refused(billing_metrics.event, [Refusal(STORED, "not_json", data)])
    assert (row.event_hour, row.currency, row.amount) == (None, "", Decimal(0))


def test_a_delivery_report_has_no_amount() -> None:
    report = json.dumps(GOOD | {"receivedAt": GOOD["billedAt"]}).encode()
    (row,) = outcomes.refused(delivery_metrics.event, [Refusal(STORED, "missing_field", report)])
    assert (row.event_hour, row.currency, row.amount) == (HOUR, "", Decimal(0))


@pytest.mark.parametrize("function", [billing_metrics, delivery_metrics], ids=lambda function: function.name)
@pytest.mark.parametrize("hours", [1, 3])
def test_counted_messages_by_hour_of_storage(function: AnyFunction, hours: int) -> None:
    """A batch of one hour, and one that crosses hours; what is discarded is subtracted."""
    random = Random(hours)
    make = events.billing if function is billing_metrics else events.report
    nanoseconds = hours * 3600 * 10**9 - 10**12
    batch = [
        decoded_at(function, events.message(random, make(random, NOW)), HOUR, random.randrange(nanoseconds))
        for _ in range(200)
    ]
    kept, discarded = batch[:150], batch[150:]
    sums = outcomes.counted(function, batch, function(batch), discarded)
    found = {key: each.messages for key, each in sums.items() if each.messages}
    hour = 3600 * 10**6
    expected: Counter[CountedKey] = Counter()
    for each in kept:
        currency = getattr(each.event, "currency", "")
        expected[CountedKey(each.stored // 1000 // hour * hour, each.at // hour * hour, currency)] += 1
    assert found == expected
