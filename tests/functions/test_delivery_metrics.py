import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.delivery_metrics import delivery_metrics
from schema.histogram import bin_of
from schema.writes import Delivered, Writes
from tests.support.validity import Message
from tests.support.writes import decoded

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)
REPORT: Mapping[str, Any] = {
    "schemaVersion": "1",
    "eventId": "e-1",
    "messageId": "m-1",
    "operatorId": "op-1",
    "accountId": "acc-1",
    "deliveryStatus": "DELIVERED",
    "latencyMs": 1500,
    "tpsSnapshot": 40,
    "receivedAt": "2026-10-15T11:59:59Z",
}


def _cells(*changes: Mapping[str, Any]) -> list[Delivered]:
    """The cells of the platform, the operator and the account."""
    messages = [Message(json.dumps({**REPORT, **change}).encode()) for change in changes]
    writes: Writes = delivery_metrics(decoded(delivery_metrics, messages, NOW))
    assert {key.scope for key in writes.delivered} == {"PLATFORM", "OPERATOR", "ACCOUNT"}
    return list(writes.delivered.values())


def test_a_delivery_counts_with_its_latency() -> None:
    cell = Delivered(delivered=1, latency_sum=1500, peak_tps=40, histogram={bin_of(1500): 1})
    assert _cells({}) == [cell] * 3


@pytest.mark.parametrize("status", ["FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED"])
def test_failures_count_with_their_latency(status: str) -> None:
    cell = Delivered(failed=1, latency_sum=1500, peak_tps=40, histogram={bin_of(1500): 1})
    assert _cells({"deliveryStatus": status}) == [cell] * 3


def test_a_pending_report_has_no_latency_yet() -> None:
    assert _cells({"deliveryStatus": "PENDING"}) == [Delivered(pending_reports=1, peak_tps=40)] * 3


def test_pending_then_delivered_are_two_reports() -> None:
    cells = _cells({"deliveryStatus": "PENDING", "tpsSnapshot": 50}, {"eventId": "e-2"})
    assert cells == [Delivered(1, 0, 1, 1500, 50, {bin_of(1500): 1})] * 3


def test_the_extremes() -> None:
    cells = _cells({"latencyMs": 0, "tpsSnapshot": 0}, {"latencyMs": 2**31, "tpsSnapshot": 2**31})
    assert cells == [Delivered(2, 0, 0, 2**31, 2**31, {0: 1, bin_of(2**31): 1})] * 3
