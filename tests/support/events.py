"""Seeded random events with many awkward values. The same seed makes the same messages."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, TypeAlias

from tests.support.validity import Message

Fields: TypeAlias = dict[str, Any]
Make: TypeAlias = Callable[[Random, datetime], Fields]

OPERATORS = ["op-1", "OP-1", "op.1", "op_1", "op:1", "platform", "0", "o" * 64]
ACCOUNTS = [f"acc-{n}" for n in range(8)] + ["platform", "op-1", "550e8400-e29b-41d4-a716-446655440000"]
ACCOUNTS += [ACCOUNTS[-1].upper()]
CURRENCIES = ["USD"] * 6 + ["AFN", "EUR"]
AMOUNTS = ["0", "0.000001", "0.1", "0.10", "0.0125", "1.23456", "0.333333", "12.5", "999999999999.999999"]
FAILURES = ["FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED"]
LATENCIES = [0, 1, 98, 99, 100, 65535, 65536, 2**31 - 1, 2**31]
OFFSETS = [timedelta(), timedelta(hours=4, minutes=30), timedelta(hours=-11, minutes=-45), timedelta(hours=14)]


def billing(random: Random, now: datetime) -> Fields:
    """One `sms.billed.v1`, mostly a charge in the reporting currency."""
    return {
        **_shared(random),
        "tenantId": f"t-{random.randrange(4)}",
        "segmentCount": random.choice([1, 1, 1, 2, 3, 2**31]),
        "costPerSegment": "0.0125",
        "totalCost": random.choice(AMOUNTS),
        "currency": random.choice(CURRENCIES),
        "status": random.choice(["BILLED"] * 5 + ["REFUNDED"]),
        "billedAt": written(random, moment(random, now)),
    }


def report(random: Random, now: datetime) -> Fields:
    """One `sms.dlr.inbound.v1`, mostly a delivery."""
    fields = {
        **_shared(random),
        "deliveryStatus": random.choice(["DELIVERED"] * 7 + FAILURES + ["PENDING"] * 2),
        "errorCode": random.choice([None, "ESME_RTHROTTLED", "099", "e:1.a-B"]),
        "latencyMs": random.choice([int(random.lognormvariate(8, 1.5)), random.choice(LATENCIES)]),
        "tpsSnapshot": random.choice([0, random.randrange(400), 2**31]),
        "receivedAt": written(random, moment(random, now)),
        "destinationPrefix": "9370",
    }
    if random.random() < 0.2:
        del fields["errorCode"]
    return fields


def messages(random: Random, make: Make, now: datetime, count: int) -> list[Message]:
    """Messages for about `count` events: with duplicates near and far, other spellings, and out of order."""
    events = [make(random, now) for _ in range(count)]
    sent = [message(random, fields) for fields in events]
    sent += [message(random, again(random, fields)) for fields in random.sample(events, count // 5)]
    sent += [message(random, lookalike(random, fields)) for fields in random.sample(events, count // 20)]
    sent += random.sample(sent, count // 10)
    return reordered(random, sent)


def message(random: Random, fields: Fields) -> Message:
    """A message for an event, with fields in random order and sometimes unknown fields and headers."""
    names = random.sample(sorted(fields), len(fields))
    extra = {"msisdn": "+93701234567", "nested": {"body": ["سلام"]}} if random.random() < 0.2 else {}
    text = json.dumps({name: fields[name] for name in names} | extra, ensure_ascii=random.random() < 0.5)
    headers = {"X-Tenant-Id": "t-9", "Nats-Expected-Stream": ""} if random.random() < 0.1 else {}
    return Message(text.encode(), {"X-Tenant-Id": headers["X-Tenant-Id"]} if headers else None)


def again(random: Random, fields: Fields) -> Fields:
    """The same event. Its time may have another offset, or other digits after the microseconds."""
    name = _time_name(fields)
    return fields | ({name: written(random, _read(fields[name]))} if random.random() < 0.5 else {})


def differing(random: Random, make: Make, fields: Fields) -> Fields:
    """An event with the same id and time but other fields."""
    name = _time_name(fields)
    return make(random, _read(fields[name])) | {"eventId": fields["eventId"], name: fields[name]}


def lookalike(random: Random, fields: Fields) -> Fields:
    """Another event that differs only in the case of its id, or in its time."""
    name = _time_name(fields)
    if fields["eventId"] != fields["eventId"].upper() and random.random() < 0.5:
        return fields | {"eventId": fields["eventId"].upper()}
    later = _read(fields[name]) - random.choice([timedelta(microseconds=1), timedelta(hours=1), timedelta(days=31)])
    return fields | {name: written(random, later)}


def reordered(random: Random, sent: Sequence[Message], reach: int = 400) -> list[Message]:
    """Moves each message by up to `reach` places, and one in ten anywhere."""
    places = [random.random() * len(sent) if random.random() < 0.1 else n for n in range(len(sent))]
    order = sorted(range(len(sent)), key=lambda n: places[n] + random.random() * reach)
    return [sent[n] for n in order]


def moment(random: Random, now: datetime) -> datetime:
    """A time in the last hours, at an edge of the calendar, days to years late, or less than a day ahead."""
    recent = now - timedelta(seconds=random.random() * 3 * 3600)
    return random.choice([recent] * 6 + [_edge(random, now)] * 3 + [_late(random, now), now + timedelta(hours=23)])


def _edge(random: Random, now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    edge = random.choice(
        [
            now.replace(minute=0, second=0, microsecond=0),
            midnight,
            midnight.replace(day=1),
            midnight.replace(month=1, day=1),
        ]
    )
    return edge - random.choice([timedelta(), timedelta(microseconds=1), timedelta(seconds=1)])


def _late(random: Random, now: datetime) -> datetime:
    late = now - timedelta(days=random.choice([1, 7, 8, 31, 93, 400, 1200, 3600]))
    return late.replace(microsecond=random.randrange(10**6))


def written(random: Random, at: datetime) -> str:
    """The time in RFC 3339, with a random offset and sometimes digits after the microseconds, which do not count."""
    local = at.astimezone(timezone(random.choice(OFFSETS)))
    text = local.strftime("%Y-%m-%d" + random.choice("Tt") + "%H:%M:%S")
    if at.microsecond or random.random() < 0.5:
        text += f".{at.microsecond:06}{random.choice(['', '9', '99', '999', '000'])}"
    if local.utcoffset():
        return text + local.strftime("%z")[:3] + ":" + local.strftime("%z")[3:]
    return text + random.choice(["Z", "z", "+00:00", "-00:00"])


def _read(text: str) -> datetime:
    """The time in a text by `written`, to the microsecond."""
    return datetime.fromisoformat(text.upper()).astimezone(UTC)


def _time_name(fields: Mapping[str, Any]) -> str:
    return next(name for name in ("billedAt", "receivedAt", "occurredAt", "at") if name in fields)


def _shared(random: Random) -> Fields:
    return {
        "schemaVersion": "1",
        "eventId": random.choice([str(uuid.UUID(int=random.getrandbits(128))), f"evt:{random.getrandbits(60)}.a_B-"]),
        "messageId": f"m-{random.getrandbits(40)}",
        "operatorId": random.choice(OPERATORS),
        "accountId": random.choice(ACCOUNTS),
        "mno": random.choice([None, "AWCC", "ROSHAN"]),
        "lane": "OTP",
        "direction": random.choice(["MT", "MO", None]),
    }
