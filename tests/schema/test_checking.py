"""A bad event is reported with everything that is wrong with it, in linear time, and without its values."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from schema.checking import EventChecker, members_of
from schema.decoding import EventDecoder
from schema.events import EVENTS, ComplianceAudit, DlrInbound, Event, SmsBilled
from schema.instants import instant
from schema.problems import BadEventError, Problem
from schema.samples import sample
from tests.support.faults import FINDING

NOW: Final = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)
BILLED: Final = dict(sample(SmsBilled, NOW))
REPORT: Final = dict(sample(DlrInbound, NOW))
EVALUATION: Final = dict(sample(ComplianceAudit, NOW))


def problems_of(event: type[Event], data: bytes, tenant: str | None = None) -> tuple[Problem, ...]:
    with pytest.raises(BadEventError) as bad:
        EventDecoder(event).decode(data, tenant, instant(NOW))
    return bad.value.problems


def _problems(
    event: type[Event], fields: dict[str, Any], tenant: str | None = None
) -> list[tuple[str, str, str | None]]:
    return [(each.path, each.reason, each.hint) for each in problems_of(event, json.dumps(fields).encode(), tenant)]


def test_every_problem_is_reported_in_the_order_of_the_fields() -> None:
    wrong = {
        "schemaVersion": "2",
        "event_id": "e-1",
        "segmentCount": 0,
        "currency": "usd",
        "billedAt": "2030-01-01T00:00:00Z",
    }
    fields = {name: value for name, value in BILLED.items() if name not in {"eventId", "tenantId"}} | wrong
    assert _problems(SmsBilled, fields) == [
        ("$.schemaVersion", "unsupported_version", None),
        ("$.eventId", "missing_field", "Rename event_id to eventId."),
        ("$.tenantId", "missing_field", None),
        ("$.segmentCount", "invalid_field", None),
        ("$.currency", "invalid_field", 'Did you mean "USD"?'),
        ("$.billedAt", "absurd_time", None),
    ]


def test_message_and_reason_are_those_of_the_first_problem() -> None:
    with pytest.raises(BadEventError) as bad:
        EventDecoder(SmsBilled).decode(b"{}", None, instant(NOW))
    assert (bad.value.reason, str(bad.value)) == ("missing_field", "schemaVersion is missing.")
    assert len(bad.value.problems) == 12


def test_problems_inside_lists_have_their_index() -> None:
    nameless = {name: value for name, value in FINDING.items() if name != "ruleName"}
    findings = [FINDING, nameless, 7, {**FINDING, "action": "a b", "ruleId": None}]
    assert [(path, reason) for path, reason, _ in _problems(ComplianceAudit, {**EVALUATION, "findings": findings})] == [
        ("$.findings[1].ruleName", "missing_field"),
        ("$.findings[2]", "invalid_field"),
        ("$.findings[3].ruleId", "invalid_field"),
        ("$.findings[3].action", "invalid_field"),
    ]


def test_a_wrong_header_is_reported_beside_wrong_fields() -> None:
    fields = {**REPORT, "latencyMs": -1, "tenantId": None}
    assert [path for path, _, _ in _problems(DlrInbound, fields, "a b")] == ["$.latencyMs", "X-Tenant-Id"]
    assert [path for path, _, _ in _problems(DlrInbound, {**fields, "tenantId": "t"}, "a b")] == ["$.latencyMs"]


@pytest.mark.parametrize("number", ["1.0", "1e0", "10E-1", "1.00000"])
def test_an_integer_may_be_written_as_any_json_number(number: str) -> None:
    """JSON has one kind of number, and Python writes the float 1.0 as `1.0`."""
    data = json.dumps({**BILLED, "segmentCount": 77}).replace(": 77", f": {number}").encode()
    assert EventDecoder(SmsBilled).decode(data, None, instant(NOW)).event.segment_count == 1


@pytest.mark.parametrize("number", ["1.5", "1e-1", "1e400", "1e99999999", "1." + "0" * 500 + "1", "9" * 5000, "0.0"])
def test_other_numbers_are_no_integers(number: str) -> None:
    data = json.dumps({**BILLED, "segmentCount": 77}).replace(": 77", f": {number}").encode()
    assert [each.path for each in problems_of(SmsBilled, data)] == ["$.segmentCount"]


def test_of_a_repeated_field_the_last_one_counts_whatever_the_others_are() -> None:
    good = json.dumps(BILLED).encode()
    twice = b'{"eventId": [1], "segmentCount": "x", ' + good[1:]
    assert EventDecoder(SmsBilled).decode(twice, None, instant(NOW)).event.event_id == BILLED["eventId"]
    assert [each.path for each in problems_of(SmsBilled, good[:-1] + b', "eventId": 1}')] == ["$.eventId"]


def test_names_that_are_almost_an_optional_field_are_found() -> None:
    fields = {name: value for name, value in REPORT.items() if name not in {"tenantId", "mno"}}
    data = json.dumps({**fields, "tenant_id": "t-1", "MNO": "AWCC", "extra": 1}).encode()
    assert EventChecker(DlrInbound).ignored(members_of(data)) == {"tenantId": "tenant_id", "mno": "MNO"}


MEGABYTE: Final = 1 << 20
HOSTILE: Final[dict[str, Callable[[int], bytes]]] = {
    "unknown names": lambda size: b"{" + b",".join(b'"%d":1' % n for n in range(size // 12)) + b"}",
    "names like a field's": lambda size: (
        b"{" + b",".join(b'"event%s":1' % _letters(n) for n in range(size // 16)) + b"}"
    ),
    "long names": lambda size: (
        b"{" + b",".join(b'"%s%s":1' % (b"a" * 120, _letters(n)) for n in range(size // 132)) + b"}"
    ),
    "one field many times": lambda size: b"{" + b",".join([b'"eventId":1'] * (size // 12)) + b"}",
    "a long text": lambda size: b'{"eventId":"' + b"x" * size + b'"}',
    "a long number": lambda size: b'{"segmentCount":' + b"9" * size + b"}",
    "a long fraction": lambda size: b'{"segmentCount":1.' + b"0" * size + b"}",
    "many findings": lambda size: b'{"findings":[' + b",".join([b"{}"] * (size // 3)) + b"]}",
    "long findings": lambda size: (
        b'{"findings":[' + b",".join([b'{"ruleId":"%s"}' % (b"x" * (size // 64))] * 64) + b"]}"
    ),
    "escapes": lambda size: b'{"eventId":"' + b"\\u0041" * (size // 6) + b'"}',
    "spaces": lambda size: b'{"eventId":' + b" " * size + b'"a b"}',
    "not JSON": lambda size: b'{"eventId":' + b'"\\' * (size // 2),
}


def _letters(number: int) -> bytes:
    """The digits of a number as the letters a to j."""
    return bytes(ord(b"a") + int(digit) for digit in str(number))


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE)
def test_refusing_takes_linear_time(make: Callable[[int], bytes]) -> None:
    """Half a second of CPU time per megabyte: a hundred times what it takes. Quadratic work would need minutes."""
    data = make(MEGABYTE)
    before = time.process_time()
    for event in EVENTS:
        assert len(problems_of(event, data)) <= 300
    assert time.process_time() - before < 0.5 * len(EVENTS)
