"""Every kind of bad event: a good event with one fault."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.support.validity import Message

HUGE = 10 << 20
DEEP = 100_000


class Fault(NamedTuple):
    """A bad message. `field` is what its dead letter has to name; empty if the message is no JSON object."""

    message: Message
    field: str


class Raw(NamedTuple):
    """A literal piece of JSON text."""

    text: str


NOT_A_TEXT: Sequence[Any] = [None, 1, 1.5, True, [], ["x"], {}, {"msisdn": "+93701234567"}]
NOT_AN_ID: Sequence[Any] = [*NOT_A_TEXT, "", "x" * 65, "a b", "a\n", "\na", "ä", "a\u0000", "a/b"]
NOT_ONE_OF: Sequence[Any] = [*NOT_A_TEXT, "", "x", "x at `$.msisdn`", "x - at `$.eventId`"]
NOT_A_COUNT: Sequence[Any] = [
    *(None, "1", True, [], {}, -1, 1.5, 2**31 + 1, 10**30),
    *map(Raw, ["1E400", "-0.1", "1e-400", "9" * 5000]),
]
NOT_MONEY: Sequence[Any] = [
    *(*NOT_A_TEXT, "", "-1", "-0.000001", "+1", "1.0000001", ".5", "5.", "1,5", " 1", "1\n"),
    *("1e3", "1E+400", "NaN", "Infinity", "-Infinity", "\N{FULLWIDTH DIGIT ONE}", "1" * 400),
]
NOT_A_CURRENCY: Sequence[Any] = [
    *NOT_A_TEXT,
    "",
    "usd",
    "Usd",
    "US",
    "USDT",
    "U$D",
    "\N{LATIN CAPITAL LETTER U WITH DIAERESIS}SD",
]
NOT_A_TIME: Sequence[Any] = [
    *(*NOT_A_TEXT, "", "now", "1790000000", "2026-10-01", "2026-10-01T12:00:00", "2026-10-01 12:00:00Z"),
    *("2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-10-32T00:00:00Z"),
    *("2026-10-01T24:00:00Z", "2026-10-01T12:60:00Z", "2016-12-31T23:59:60Z", "2026-10-01T12:00Z"),
    *("2026-10-01T12:00:00+24:00", "2026-10-01T12:00:00+05:60", "2026-10-01T12:00:00+0430", "2026-10-01T12:00:00.Z"),
    *("2026-10-01T12:00:00.1234567890Z", "2026-10-01T12:00:00Z\n", "\N{FULLWIDTH DIGIT TWO}026-10-01T12:00:00Z"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1600-01-01T00:00:00Z"),
]
NOT_AN_ERROR_CODE: Sequence[Any] = [*NOT_AN_ID[1:], "failed to +93700112233"]
NOT_A_PREFIX: Sequence[Any] = [*NOT_A_TEXT[1:], "", "9", "937012345", "+937", "93 70"]
EITHER: Mapping[str, Sequence[Any]] = {
    "schemaVersion": [*NOT_A_TEXT, "", "2", "1.0", " 1", "x at `$.msisdn`"],
    **dict.fromkeys(["messageId", "operatorId", "accountId"], NOT_AN_ID),
    "eventId": [*NOT_AN_ID, "x" * HUGE],
}
OPTIONAL: Mapping[str, Sequence[Any]] = {
    **dict.fromkeys(["mno", "lane"], NOT_AN_ID[1:]),
    "direction": NOT_ONE_OF[1:],
}
BILLED: Mapping[str, Sequence[Any]] = {
    **EITHER,
    "tenantId": NOT_AN_ID,
    "segmentCount": [0, *NOT_A_COUNT],
    **dict.fromkeys(["costPerSegment", "totalCost"], NOT_MONEY),
    "currency": NOT_A_CURRENCY,
    "status": NOT_ONE_OF,
    "billedAt": NOT_A_TIME,
}
REPORTED: Mapping[str, Sequence[Any]] = {
    **EITHER,
    "deliveryStatus": NOT_ONE_OF,
    **dict.fromkeys(["latencyMs", "tpsSnapshot"], NOT_A_COUNT),
    "receivedAt": NOT_A_TIME,
}
REPORTS_MAY: Mapping[str, Sequence[Any]] = {
    "tenantId": NOT_AN_ID[1:],
    "errorCode": NOT_AN_ERROR_CODE,
    "destinationPrefix": NOT_A_PREFIX,
}
NOT_A_RULE_NAME: Sequence[Any] = [*NOT_A_TEXT, "", "x" * 129, "a\nb", "\u0000", "\u007f"]
FINDING: Mapping[str, Any] = {"ruleId": "r-1", "ruleName": "At night", "ruleType": "TIME", "action": "FLAG"}
RECORDED: Mapping[str, Sequence[Any]] = {
    **EITHER,
    **dict.fromkeys(["cdrId", "tenantId", "mno", "lane"], NOT_AN_ID),
    **dict.fromkeys(["direction", "status"], NOT_ONE_OF),
    "destinationPrefix": [None, *NOT_A_PREFIX],
    "segmentCount": [0, *NOT_A_COUNT],
    "chargeAmount": NOT_MONEY,
    "currency": NOT_A_CURRENCY,
    "occurredAt": NOT_A_TIME,
}
EVALUATED: Mapping[str, Sequence[Any]] = {
    **{name: values for name, values in EITHER.items() if name != "operatorId"},
    **dict.fromkeys(["evaluationId", "tenantId", "ruleSetId"], NOT_AN_ID),
    "verdict": NOT_ONE_OF,
    "findings": [
        *(None, 1, "x", {}, True, [None], [1], ["x"], [[]], [{}], [FINDING] * 65, [FINDING, {}]),
        *([{name: text for name, text in FINDING.items() if name != missing}] for missing in FINDING),
        *([FINDING, {**FINDING, name: wrong}] for name in ("ruleId", "ruleType", "action") for wrong in NOT_AN_ID),
        *([{**FINDING, "ruleName": wrong}] for wrong in NOT_A_RULE_NAME),
    ],
    "ruleSetVersion": [None, -1, 1.5, True, [], {}, "", "a b", "1\n", "x" * 65, 2**31 + 1],
    "evaluationLatencyMs": NOT_A_COUNT,
    "at": NOT_A_TIME,
}
NOT_A_TENANT = ["", "a b", "x" * 65, "ä", "+93 70 123 45 67"]


def billing(good: Mapping[str, Any], now: datetime) -> Iterator[Fault]:
    """Yields `good`, an `sms.billed.v1`, with each possible fault."""
    yield from _faults(good, now, "billedAt", BILLED, OPTIONAL)


def reports(good: Mapping[str, Any], now: datetime) -> Iterator[Fault]:
    """Yields an `sms.dlr.inbound.v1` with each possible fault."""
    yield from _faults(good, now, "receivedAt", REPORTED, {**OPTIONAL, **REPORTS_MAY})
    nameless = {name: value for name, value in good.items() if name != "tenantId"}
    for tenant in NOT_A_TENANT:
        yield Fault(Message(_text(nameless), {"X-Tenant-Id": tenant}), "X-Tenant-Id")


def records(good: Mapping[str, Any], now: datetime) -> Iterator[Fault]:
    """Yields a `cdr.generated.v1` with each possible fault."""
    yield from _faults(good, now, "occurredAt", RECORDED, {})


def evaluations(good: Mapping[str, Any], now: datetime) -> Iterator[Fault]:
    """Yields a `compliance.audit.v1` with each possible fault."""
    yield from _faults(good, now, "at", EVALUATED, {name: OPTIONAL[name] for name in ("mno", "lane")})


def _faults(
    good: Mapping[str, Any],
    now: datetime,
    time: str,
    must: Mapping[str, Sequence[Any]],
    may: Mapping[str, Sequence[Any]],
) -> Iterator[Fault]:
    yield from (Fault(Message(data), "") for data in _not_objects(_text(good)))
    for name in must:
        yield Fault(Message(_text({other: value for other, value in good.items() if other != name})), name)
    for name, values in {**must, **may}.items():
        yield from (Fault(Message(_text({**good, name: value})), name) for value in values)
    for absurd in (now + timedelta(hours=25), now + timedelta(days=3650), now - timedelta(days=3654)):
        yield Fault(Message(_text({**good, time: absurd.isoformat()})), time)


def _not_objects(good: bytes) -> Iterator[bytes]:
    yield from (b"", b" ", b"\x00", b"hello +93701234567", b"{", b"}", b"{}}", b"null", b"1", b'"text"', b"[]")
    yield from (good[: len(good) // 2], good[:-1], good + b"x", good + good, b"[" + good + b"]", b"\xef\xbb\xbf" + good)
    yield from (good.replace(b'"', b"'"), good.decode().encode("utf-16"), b"\x1f\x8b" + good)
    for value in (
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        rb'"\ud800"',
        b'"\n"',
        b"01",
        b"[1,]",
    ):
        yield _with(good, value)
    for bomb in (b"[", b'{"a":'):
        yield bomb * DEEP
        yield _with(good, bomb * DEEP + b"1" + bytes({b"[": b"]", b'{"a":': b"}"}[bomb]) * DEEP)
    yield b"x" * HUGE


def _with(good: bytes, value: bytes) -> bytes:
    """The JSON object `good` with an unknown field of this value."""
    return good[:-1] + b',"extra":' + value + b"}"


def _text(fields: Mapping[str, Any]) -> bytes:
    """The fields as JSON, with `Raw` values inserted literally."""
    raw = {f"raw {name}": value.text for name, value in fields.items() if isinstance(value, Raw)}
    text = json.dumps({name: f"raw {name}" if f"raw {name}" in raw else value for name, value in fields.items()})
    for mark, value in raw.items():
        text = text.replace(f'"{mark}"', value)
    return text.encode()
