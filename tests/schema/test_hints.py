from typing import Final

import msgspec
import pytest

from schema.events import CdrGenerated, ComplianceAudit, DlrInbound, Event, SmsBilled
from schema.fields import by_name
from schema.hints import nearest_names, nearest_value

UUID: Final = "550e8400-e29b-41d4-a716-446655440000"


@pytest.mark.parametrize(
    ("event", "name", "wrong", "nearest"),
    [
        (SmsBilled, "status", "billed", '"BILLED"'),
        (SmsBilled, "status", "refund", '"REFUNDED"'),
        (SmsBilled, "status", "paid", None),
        (SmsBilled, "schemaVersion", 1, '"1"'),
        (SmsBilled, "segmentCount", "2", "2"),
        (SmsBilled, "segmentCount", "0", None),
        (SmsBilled, "totalCost", 0.0125, '"0.0125"'),
        (SmsBilled, "totalCost", "0,0125", '"0.0125"'),
        (SmsBilled, "totalCost", "1.25000000", '"1.25"'),
        (SmsBilled, "totalCost", "-1", None),
        (SmsBilled, "currency", "usd", '"USD"'),
        (SmsBilled, "billedAt", "2026-10-01 12:00:00", '"2026-10-01T12:00:00Z"'),
        (SmsBilled, "billedAt", "2026-10-01T12:00:00.5+0430", '"2026-10-01T12:00:00.5+04:30"'),
        (SmsBilled, "billedAt", "2026-10-01T12:00 UTC", '"2026-10-01T12:00:00Z"'),
        (SmsBilled, "billedAt", "2026-02-30T12:00:00Z", None),
        (SmsBilled, "billedAt", 1790000000, None),
        (SmsBilled, "eventId", 17, '"17"'),
        (SmsBilled, "eventId", f" {UUID} ", f'"{UUID}"'),
        (SmsBilled, "eventId", "a b", None),
        (SmsBilled, "eventId", ["x"], None),
        (SmsBilled, "eventId", None, None),
        (DlrInbound, "deliveryStatus", "DELIVRD", '"DELIVERED"'),
        (DlrInbound, "direction", "mt", '"MT"'),
        (ComplianceAudit, "verdict", "Blocked", '"BLOCK"'),
        (CdrGenerated, "destinationPrefix", 9370, '"9370"'),
    ],
)
def test_the_nearest_right_value(event: type[Event], name: str, wrong: object, nearest: str | None) -> None:
    assert nearest_value(by_name(event)[name], msgspec.json.encode(wrong)) == nearest


@pytest.mark.parametrize("number", ["+93700112233", "93700112233 ", " 700112233", "+93.700.112.233"])
@pytest.mark.parametrize("name", ["eventId", "totalCost", "latencyMs", "errorCode", "destinationPrefix", "receivedAt"])
def test_no_hint_shows_what_may_be_a_phone_number(name: str, number: str) -> None:
    fields = {**by_name(SmsBilled), **by_name(DlrInbound)}
    for wrong in (number, f" {number}"):
        assert nearest_value(fields[name], msgspec.json.encode(wrong)) is None
    if number.strip().isdigit():
        assert nearest_value(fields[name], number.strip().encode()) is None


def test_the_nearest_names() -> None:
    unknown = ["event_id", "TenantID", "mesageId", "93700112233", "operator 93700112233", "currencies", "x" * 200]
    missing = ["eventId", "tenantId", "messageId", "operatorId", "currency", "status"]
    assert nearest_names(missing, unknown) == {"eventId": "event_id", "tenantId": "TenantID", "messageId": "mesageId"}
