"""Decides which messages are valid events, in plain Python. Shares no code with the product."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

Check: TypeAlias = Callable[[Any], bool]


class Message(NamedTuple):
    """A published message."""

    data: bytes
    headers: Mapping[str, str] | None = None

    @property
    def tenant(self) -> str | None:
        """The tenant in the header."""
        return (self.headers or {}).get("X-Tenant-Id")


class Bad(Exception):  # noqa: N818  # a verdict, not a failure
    """The message is not a valid event. `field` is the name for its dead letter; empty without a JSON object."""

    def __init__(self, field: str = "") -> None:
        super().__init__(field)
        self.field = field


def _text(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.ASCII) is not None


def _integer(low: int) -> Check:
    return lambda value: type(value) in (int, Decimal) and low <= value <= 2**31 and value == int(value)


def _one_of(*allowed: str) -> Check:
    return lambda value: isinstance(value, str) and value in allowed


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


ID = _text(r"[\w.:-]{1,64}")
MONEY = _text(r"\d{1,12}(\.\d{1,6})?")
TIME = r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))"
OUTCOMES = {
    "DELIVERED": "delivered",
    "PENDING": "pending",
    **dict.fromkeys(["FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED"], "failed"),
}

SHARED: Mapping[str, Check] = {
    "schemaVersion": _one_of("1"),
    **dict.fromkeys(["eventId", "messageId", "accountId", "operatorId"], ID),
}
BILLED: Mapping[str, Check] = {
    **SHARED,
    "tenantId": ID,
    "segmentCount": _integer(1),
    "costPerSegment": MONEY,
    "totalCost": MONEY,
    "currency": _text("[A-Z]{3}"),
    "status": _one_of("BILLED", "REFUNDED"),
    "billedAt": _text(TIME),
}
REPORTED: Mapping[str, Check] = {
    **SHARED,
    "deliveryStatus": _one_of(*OUTCOMES),
    "latencyMs": _integer(0),
    "tpsSnapshot": _integer(0),
    "receivedAt": _text(TIME),
}
EITHER_MAY: Mapping[str, Check] = {
    "mno": _or_null(ID),
    "lane": _or_null(ID),
    "direction": _or_null(_one_of("MT", "MO")),
}
REPORTS_MAY: Mapping[str, Check] = {
    **EITHER_MAY,
    "tenantId": _or_null(ID),
    "errorCode": _or_null(ID),
    "destinationPrefix": _or_null(_text(r"\d{2,8}")),
}

RECORDED: Mapping[str, Check] = {
    **SHARED,
    **dict.fromkeys(["cdrId", "tenantId", "mno", "lane"], ID),
    "direction": _one_of("MT", "MO"),
    "destinationPrefix": _text(r"\d{2,8}"),
    "status": _one_of(*OUTCOMES),
    "segmentCount": _integer(1),
    "chargeAmount": MONEY,
    "currency": _text("[A-Z]{3}"),
    "occurredAt": _text(TIME),
}


def _findings(value: Any) -> bool:
    texts = {"ruleId": ID, "ruleName": _text(r"[^\x00-\x1f\x7f]{1,128}"), "ruleType": ID, "action": ID}
    return (
        isinstance(value, list)
        and len(value) <= 64
        and all(isinstance(finding, dict) for finding in value)
        and all(name in finding and check(finding[name]) for finding in value for name, check in texts.items())
    )


EVALUATED: Mapping[str, Check] = {
    **{name: check for name, check in SHARED.items() if name != "operatorId"},
    **dict.fromkeys(["evaluationId", "tenantId", "ruleSetId"], ID),
    "verdict": _one_of("ALLOW", "FLAG", "HOLD", "BLOCK"),
    "findings": _findings,
    "ruleSetVersion": lambda value: ID(value) or _integer(0)(value),
    "evaluationLatencyMs": _integer(0),
    "at": _text(TIME),
}


class Event(NamedTuple):
    """A valid event: its fields, and its time in UTC, truncated to microseconds."""

    fields: Mapping[str, Any]
    at: datetime

    @property
    def identity(self) -> tuple[str, datetime]:
        return self.fields["eventId"], self.at


def parse_billing(message: Message, arrived: datetime) -> Event:
    """Parses an `sms.billed.v1`. Raises Bad if it is invalid. `arrived` is when the stream stored it."""
    fields = _checked(message, BILLED, EITHER_MAY)
    return Event(fields, _time(fields, "billedAt", arrived))


def parse_report(message: Message, arrived: datetime) -> Event:
    """Parses an `sms.dlr.inbound.v1`. Raises Bad if it is invalid."""
    fields = _checked(message, REPORTED, REPORTS_MAY)
    header = message.tenant
    if fields.get("tenantId") is None and header is not None and not ID(header):
        raise Bad("X-Tenant-Id")
    return Event(fields, _time(fields, "receivedAt", arrived))


def parse_record(message: Message, arrived: datetime) -> Event:
    """Parses a `cdr.generated.v1`. Raises Bad if it is invalid."""
    fields = _checked(message, RECORDED, {})
    return Event(fields, _time(fields, "occurredAt", arrived))


def parse_evaluation(message: Message, arrived: datetime) -> Event:
    """Parses a `compliance.audit.v1`. Raises Bad if it is invalid."""
    fields = _checked(message, EVALUATED, {"mno": _or_null(ID), "lane": _or_null(ID)})
    return Event(fields, _time(fields, "at", arrived))


def amount(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.000001"))


def _checked(message: Message, must: Mapping[str, Check], may: Mapping[str, Check]) -> Mapping[str, Any]:
    fields = parse_object(message.data)
    for name, check in must.items():
        if name not in fields or not check(fields[name]):
            raise Bad(name)
    for name, check in may.items():
        if name in fields and not check(fields[name]):
            raise Bad(name)
    return fields


def parse_object(data: bytes) -> Mapping[str, Any]:
    """The fields of a message. Raises Bad if it is no JSON object."""
    try:
        # Python refuses integers of over 4,300 digits; JSON has no such limit.
        parsed = json.loads(
            data.decode(), parse_constant=_refused, parse_int=lambda text: int(text[:100]), parse_float=Decimal
        )
        # Fails for a lone surrogate, which is no character.
        json.dumps(parsed, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError) as error:
        raise Bad from error
    if not isinstance(parsed, dict):
        raise Bad
    return parsed


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _time(fields: Mapping[str, Any], name: str, arrived: datetime) -> datetime:
    try:
        at = instant(fields[name])
    except (ValueError, OverflowError) as error:
        raise Bad(name) from error
    if not arrived - timedelta(days=3653) <= at <= arrived + timedelta(hours=24):
        raise Bad(name)
    return at


def instant(text: str) -> datetime:
    """Parses an RFC 3339 time. Raises ValueError or OverflowError if there is no such time."""
    match = re.fullmatch(TIME, text, re.ASCII)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    if int(minutes or 0) > 59:
        raise ValueError(text)
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    microseconds = int((fraction or "0")[:6].ljust(6, "0"))
    date = int(year), int(month), int(day)
    return datetime(*date, int(hour), int(minute), int(second), microseconds, timezone(ahead)).astimezone(UTC)
