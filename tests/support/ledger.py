"""What the ledger has to say of a stream's messages, in plain Python. Shares no code with the product."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from infra.postgres import Connection
from tests.support.dead_letters import READERS
from tests.support.validity import BILLED, Bad, Message, amount, instant, parse_object

HOUR = timedelta(hours=1)
TIME_NAMES = {"billing_metrics": "billedAt", "delivery_metrics": "receivedAt"}
ROWS = """
select
    stored_hour, event_hour, case when outcome in ('counted', 'copy') then outcome else 'refused' end, currency,
    sum(messages)::int8, sum(amount), sum(refunds)::int8, sum(refunded)
from anlyt.message_outcomes where function = $1
group by 1, 2, 3, 4
having (sum(messages), sum(amount), sum(refunds), sum(refunded)) <> (0, 0, 0, 0)
"""


class Stored(NamedTuple):
    """A message of a stream, and when the stream stored it, in nanoseconds since 1970."""

    stored: int
    message: Message


class Key(NamedTuple):
    """`outcome`: counted, copy or refused. `currency` is empty without a readable amount."""

    stored_hour: datetime
    event_hour: datetime | None
    outcome: str
    currency: str


Sums: TypeAlias = tuple[int, Decimal, int, Decimal]
"""Messages, charges less refunds, refunds, and the amount of these."""


def expected(function: str, stream: Iterable[Stored]) -> Mapping[Key, Sums]:
    """The ledger of a function that has processed all messages of a stream."""
    read, seen, sums = READERS[function], set[tuple[str, datetime]](), dict[Key, Sums]()
    for stored, message in sorted(stream, key=lambda each: each.stored):
        arrived = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=stored // 1000)
        try:
            event = read(message, arrived)
        except Bad:
            outcome, at, fields = "refused", *_readable(function, message, arrived)
        else:
            outcome, at, fields = ("copy" if event.identity in seen else "counted"), event.at, event.fields
            seen.add(event.identity)
        _add(sums, _hour(arrived), None if at is None else _hour(at), outcome, fields)
    return sums


def _add(
    sums: dict[Key, Sums], stored_hour: datetime, event_hour: datetime | None, outcome: str, fields: Mapping[str, Any]
) -> None:
    currency = fields["currency"] if "totalCost" in fields else ""
    cost = amount(fields["totalCost"]) if "totalCost" in fields else Decimal(0)
    is_refund = "totalCost" in fields and fields["status"] == "REFUNDED"
    key = Key(stored_hour, event_hour, outcome, currency)
    messages, net, refunds, refunded = sums.get(key, (0, Decimal(0), 0, Decimal(0)))
    net += -cost if is_refund else cost
    sums[key] = messages + 1, net, refunds + is_refund, refunded + (cost if is_refund else 0)


def _readable(function: str, message: Message, arrived: datetime) -> tuple[datetime | None, Mapping[str, Any]]:
    """The event time of a bad message, and the fields of its amount, if they are valid."""
    try:
        fields = parse_object(message.data)
    except Bad:
        return None, {}
    at = _time(fields.get(TIME_NAMES[function]), arrived)
    names = ("currency", "totalCost", "status") if function == "billing_metrics" else ()
    is_known = bool(names) and all(name in fields and BILLED[name](fields[name]) for name in names)
    if is_known and _is_long(fields["totalCost"]):
        return at, {}
    return at, {name: fields[name] for name in names} if is_known else {}


def _is_long(cost: str) -> bool:
    """Whether an amount may be a phone number: nine digits or more before its point."""
    return len(cost.partition(".")[0]) >= 9


def _time(text: object, arrived: datetime) -> datetime | None:
    try:
        at = instant(text) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None
    if at is None or not arrived - timedelta(days=3653) <= at <= arrived + timedelta(hours=24):
        return None
    return at


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


async def rows(connection: Connection, function: str) -> Mapping[Key, Sums]:
    """The ledger that is stored, with the reasons of refusals as one."""
    return {Key(*tuple(row)[:4]): tuple(row)[4:] for row in await connection.fetch(ROWS, function)}


def differing(expected: Mapping[Key, Sums], found: Mapping[Key, Sums]) -> Sequence[str]:
    """One line per difference; empty if there is none."""
    return [
        f"{key}: expected {expected.get(key)}, found {found.get(key)}"
        for key in sorted(expected.keys() | found.keys(), key=repr)
        if expected.get(key) != found.get(key)
    ]
