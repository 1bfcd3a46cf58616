import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.billing_metrics import billing_metrics
from schema.instants import instant
from schema.writes import Billed, CellKey, Writes
from tests.support.validity import Message
from tests.support.writes import decoded

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)
CHARGE: Mapping[str, Any] = {
    "schemaVersion": "1",
    "eventId": "e-1",
    "messageId": "m-1",
    "accountId": "acc-1",
    "tenantId": "t-1",
    "operatorId": "op-1",
    "segmentCount": 3,
    "costPerSegment": "0.0125",
    "totalCost": "0.0375",
    "currency": "USD",
    "status": "BILLED",
    "billedAt": "2026-10-15T11:59:59.9999999Z",
}


def _run(*changes: Mapping[str, Any]) -> Writes:
    messages = [Message(json.dumps({**CHARGE, **change}).encode()) for change in changes]
    return billing_metrics(decoded(billing_metrics, messages, NOW))


def test_a_charge_counts_in_three_scopes() -> None:
    hour = instant(datetime(2026, 10, 15, 11, tzinfo=UTC))
    cell = Billed(messages=1, segments=3, costs={"USD": 37_500}, events={"USD": 1})
    keys = [CellKey("PLATFORM", "platform", hour), CellKey("OPERATOR", "op-1", hour), CellKey("ACCOUNT", "acc-1", hour)]
    assert _run({}) == Writes(billed=dict.fromkeys(keys, cell), accounts=frozenset({"acc-1"}))


def test_a_refund_takes_it_back() -> None:
    cells = _run({}, {"eventId": "e-2", "status": "REFUNDED"}).billed.values()
    assert list(cells) == [Billed(messages=0, segments=0, refunded=1, costs={"USD": 0}, events={"USD": 2})] * 3


def test_currencies_are_never_mixed() -> None:
    writes = _run(
        {}, {"currency": "AFN", "totalCost": "2.5"}, {"currency": "AFN", "totalCost": "1", "status": "REFUNDED"}
    )
    assert [cell.costs for cell in writes.billed.values()] == [{"USD": 37_500, "AFN": 1_500_000}] * 3


@pytest.mark.parametrize(
    ("billed_at", "hour"),
    [("2026-10-15T11:59:59.9999999Z", 11), ("2026-10-15T12:00:00Z", 12), ("2026-10-15T16:29:59+04:30", 11)],
)
def test_hours_are_those_of_utc(billed_at: str, hour: int) -> None:
    hours = {key.hour for key in _run({"billedAt": billed_at}).billed}
    assert hours == {instant(datetime(2026, 10, 15, hour, tzinfo=UTC))}
