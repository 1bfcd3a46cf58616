import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.events import CdrGenerated, ComplianceAudit, DlrInbound, Event, SmsBilled
from schema.masking import EventMask
from schema.phone_numbers import MASK, without_phone_numbers
from tests.support import events, fact_events

NOW = datetime(2026, 10, 15, 12, tzinfo=UTC)
SECRET = "SECRET93701234567"
REPORTS = EventMask(DlrInbound)
GOOD: Mapping[type[Event], Callable[[Random, datetime], dict[str, Any]]] = {
    SmsBilled: events.billing,
    DlrInbound: events.report,
    CdrGenerated: fact_events.record,
    ComplianceAudit: fact_events.evaluation,
}
# The digits of a subscriber, in forms that a producer may write by mistake.
NUMBER = "700112233"
WRITTEN = st.sampled_from(
    [
        *("93700112233", "+93700112233", "0093700112233", "0700112233", "700112233", "93-700-11-22-33"),
        *("93.700.112.233", "93_700_112_233", "tel:93700112233", "msisdn-93700112233", "m93700112233", "x700112233"),
        *("failed to +93700112233", "+93 700 112 233", "(0)700112233", "93700112233.000000", "93700112233 93700112233"),
        *("93700112233" * 5, "93700112233.abcdefghijkl", "93700112233:beef", "2026-10-01T12:00:00Z 93700112233"),
        *(93700112233, 700112233, -700112233, 93700112233.0, 0.93700112233, 700112233.5),
    ]
)
ANYWHERE = st.recursive(
    WRITTEN,
    lambda values: (
        st.lists(values, min_size=1, max_size=2)
        | st.dictionaries(st.sampled_from(["ruleId", "ruleName", "to", NUMBER]), values, min_size=1, max_size=2)
    ),
    max_leaves=4,
)


def leaves(value: Any) -> list[str]:
    """All names and values inside a value, as text."""
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in (*leaves(name), *leaves(inner))]
    return [text for inner in value for text in leaves(inner)] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize("event", GOOD, ids=lambda event: event.__name__)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_phone_number_in_any_field_is_not_kept(event: type[Event], data: st.DataObject, seed: int) -> None:
    """This holds for good events, too: an id may consist of digits."""
    good = GOOD[event](Random(seed), NOW)
    names = st.sampled_from([*good, "to", NUMBER])
    written = good | data.draw(st.dictionaries(names, ANYWHERE, min_size=1, max_size=4))
    text = json.dumps(written)
    for message in (text, f"[{text}]", text[:-1], json.dumps(text)):
        for kept in (EventMask(event).masked(message.encode()), EventMask(event).masked_again(json.loads(text))):
            for leaf in leaves(kept):
                assert NUMBER not in re.sub(r"[^0-9]", "", leaf), leaf


@pytest.mark.parametrize("event", GOOD, ids=lambda event: event.__name__)
def test_what_the_contract_allows_is_kept(event: type[Event]) -> None:
    """Exceptions are lists, which could hide anything, and possible phone numbers."""
    own = {
        "schemaVersion": "1",
        "eventId": "550e8400-e29b-41d4-a716-446655440000",
        "messageId": "7f58d2fa3ac0446655440000a1b2c3d4",
        "tenantId": "t-1",
        "latencyMs": 2147,
        "errorCode": "ESME_RTHROTTLED",
        "destinationPrefix": "93701234",
        "totalCost": "1234.012500",
        "chargeAmount": "12345678.012500",
        "receivedAt": "2026-10-01T12:00:00.123456789+04:30",
        "ruleSetVersion": 7,
        "mno": None,
    }
    names = GOOD[event](Random(1), NOW).keys() | {"tenantId"}
    kept = {name: value for name, value in own.items() if name in names}
    assert len(kept) > 3
    assert EventMask(event).masked(json.dumps(kept | {"msisdn": SECRET, SECRET: 1}).encode()) == {
        **kept,
        "maskedFields": 2,
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("destinationPrefix", value) for value in ["93700112233", "+937", "9", 9370, ""]),
        *(("errorCode", value) for value in ["failed to +93700112233", "", "x" * 65, 99, ["099"]]),
        *(("eventId", value) for value in ["x" * 10_000, "a b", 1, True, {"to": SECRET}, [SECRET], [[{"a": SECRET}]]]),
        *(("latencyMs", value) for value in [-1, 1.5, True, "1", 2**31 + 1, 10**30]),
        *(("direction", value) for value in ["mt", "to 93700112233"]),
        *(("receivedAt", value) for value in ["2026-10-01", "93700112233", 1790000000]),
    ],
)
def test_what_breaks_its_fields_own_pattern_is_masked(name: str, value: object) -> None:
    assert REPORTS.masked(json.dumps({name: value}).encode()) == {name: MASK}


def test_what_an_earlier_release_kept_is_masked_when_it_is_shown() -> None:
    kept = {"destinationPrefix": "93700112233", "eventId": "e-1", "findings": MASK, "maskedFields": 2}
    assert REPORTS.masked_again(kept) == {"destinationPrefix": MASK, "eventId": "e-1", "maskedFields": 2}
    assert REPORTS.masked_again(REPORTS.masked(b'"93700112233"')) == '"***********"'


@pytest.mark.parametrize(
    "data",
    [
        f"to: {SECRET}".encode(),
        f'{{"msisdn": "{SECRET}"'.encode(),
        f'["{SECRET}"]'.encode(),
        f'"{SECRET}"'.encode(),
        b"\xff" + SECRET.encode(),
        SECRET.encode("utf-16"),
        b"[" * 100_000 + SECRET.encode(),
    ],
)
def test_of_what_is_no_object_no_letter_or_digit_is_kept(data: bytes) -> None:
    kept = REPORTS.masked(data)
    assert isinstance(kept, str)
    assert not any(character.isalnum() for character in kept)
    assert len(kept) <= 1024


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_can_be_masked_and_written(data: bytes) -> None:
    msgspec.json.encode(REPORTS.masked(data))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("invalid input for query argument $1: '93700112233'", "invalid input for query argument $1: '***'"),
        ("to +93 700 (11) 22-33 at 10.0.0.1:5432", "to *** at 10.0.0.1:5432"),
        ("2026-10-01 12:00:00.123456+00 ERROR 57014", "2026-10-01 12:00:00.123456+00 ERROR 57014"),
    ],
)
def test_prose_loses_what_may_be_a_phone_number(text: str, shown: str) -> None:
    assert without_phone_numbers(text) == shown
