"""What became of each message, as it goes into the ledger: counted, a copy, or refused. Pure: no I/O."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from functions.function import AnyFunction
from functions.hours import hour_of
from schema.checking import members_of
from schema.decoding import Stamped
from schema.events import Event, SmsBilled
from schema.fields import by_name
from schema.instants import NANOSECONDS, parse_instant, time_of
from schema.money import decimal, parse_money
from schema.phone_numbers import may_be_phone_number
from schema.problems import BadEventError, Reason
from schema.values import MAX_AGE, MAX_AHEAD
from schema.writes import Billed, Delivered, Writes

COPY: Final = "copy"
NO_CURRENCY: Final = ""
AMOUNT: Final = ("currency", "totalCost", "status")  # the fields that make an amount

Events: TypeAlias = Sequence[Stamped[Any]]


class Refusal(NamedTuple):
    """A bad message: when its stream `stored` it, in nanoseconds since 1970, why it is bad, and its content."""

    stored: int
    reason: Reason
    data: bytes


class Amount(NamedTuple):
    """The amount of a message: `millionths` are negative for a refund. Without one, the currency is NO_CURRENCY."""

    currency: str = NO_CURRENCY
    millionths: int = 0
    is_refund: bool = False


class Uncounted(NamedTuple):
    """A row of anlyt.uncounted_messages. `event_hour` is None if the event's time cannot be read."""

    stored: int
    outcome: str
    event_hour: datetime | None
    currency: str
    amount: Decimal
    is_refund: bool


class CountedKey(NamedTuple):
    """Counted messages of a currency, by the hours of their storage and of their events (both instants)."""

    stored_hour: int
    event_hour: int
    currency: str


@dataclass(slots=True)
class Sums:
    """The sums of some counted messages. Amounts are in millionths; `amount` is charges less refunds."""

    messages: int = 0
    amount: int = 0
    refunds: int = 0
    refunded: int = 0


Counted: TypeAlias = Mapping[CountedKey, Sums]


def counted(function: AnyFunction, events: Events, writes: Writes, discarded: Events = ()) -> Counted:
    """The sums of counted `events`, less those of copies that were `discarded` for some of them.

    `writes`: the effect of `events`. Nearly always, a batch was stored in one hour: then its sums are known already.
    """
    sums: dict[CountedKey, Sums] = defaultdict(Sums)
    for hour, part in by_stored_hour(events).items():
        _add(sums, function, hour, part, writes if len(part) == len(events) else function(part))
    for hour, part in by_stored_hour(discarded).items():
        _add(sums, function, hour, part, function(part), -1)
    return sums


def by_stored_hour(events: Events) -> Mapping[int, Events]:
    """The events by the hour (an instant) in which their stream stored them."""
    if not events:
        return {}
    times = [stamped.stored for stamped in events]
    first, last = (hour_of(at // NANOSECONDS) for at in (min(times), max(times)))
    if first == last:
        return {first: events}
    parts: defaultdict[int, list[Stamped[Any]]] = defaultdict(list)
    for stamped in events:
        parts[hour_of(stamped.stored // NANOSECONDS)].append(stamped)
    return parts


def _add(
    sums: dict[CountedKey, Sums], function: AnyFunction, hour: int, events: Events, writes: Writes, times: int = 1
) -> None:
    """Adds the sums of events that were stored in one hour, from the platform's cells."""
    for key, billed in writes.billed.items():
        if key.scope == "PLATFORM":
            _add_billed(sums, hour, key.hour, billed, times)
    for key, delivered in writes.delivered.items():
        if key.scope == "PLATFORM":
            sums[CountedKey(hour, key.hour, NO_CURRENCY)].messages += times * _reports(delivered)
    if function.event is SmsBilled:
        for stamped in events:
            if stamped.event.status == "REFUNDED":
                refund = sums[CountedKey(hour, hour_of(stamped.at), stamped.event.currency)]
                refund.refunds += times
                refund.refunded += times * parse_money(stamped.event.total_cost)


def _add_billed(sums: dict[CountedKey, Sums], hour: int, event_hour: int, billed: Billed, times: int) -> None:
    for currency, messages in billed.events.items():
        into = sums[CountedKey(hour, event_hour, currency)]
        into.messages += times * messages
        into.amount += times * billed.costs[currency]


def _reports(delivered: Delivered) -> int:
    return delivered.delivered + delivered.failed + delivered.pending_reports


def copies(events: Iterable[Stamped[Any]]) -> list[Uncounted]:
    """The rows of copies, in the order of storage; one per message."""
    by_time = {stamped.stored: stamped for stamped in events}
    return [
        _uncounted(stored, COPY, time_of(hour_of(stamped.at)), amount_of(stamped.event))
        for stored, stamped in sorted(by_time.items())
    ]


def refused(event: type[Event], refusals: Iterable[Refusal]) -> list[Uncounted]:
    """The rows of bad messages that should be `event`s, in the order of storage."""
    rows = []
    for stored, reason, data in sorted(refusals):
        fields = _readable(event, data)
        amount = _signed(*(fields[name] for name in AMOUNT)) if _has_amount(fields) else Amount()
        rows.append(_uncounted(stored, reason, _hour(fields.get(_time_name(event)), stored), amount))
    return rows


def _has_amount(fields: Mapping[str, Any]) -> bool:
    """Whether a bad event has an amount that its dead letter shows, too: not one that may be a phone number."""
    return fields.keys() >= {*AMOUNT} and not may_be_phone_number(fields["totalCost"])


def amount_of(event: Any) -> Amount:
    """The amount of an event."""
    if not isinstance(event, SmsBilled):
        return Amount()
    return _signed(event.currency, event.total_cost, event.status)


def _readable(event: type[Event], data: bytes) -> Mapping[str, Any]:
    """The values of a bad event's time and amount that their fields may have, by JSON name."""
    try:
        members = members_of(data)
    except BadEventError:
        return {}
    fields, values = by_name(event), dict[str, Any]()
    for name in fields.keys() & members.keys() & {*AMOUNT, _time_name(event)}:
        with suppress(ValueError):
            values[name] = fields[name].read(members[name])
    return values


def _time_name(event: type[Event]) -> str:
    return next(field.name for field in by_name(event).values() if field.attribute == event.time_field)


def _signed(currency: str, cost: str, status: str) -> Amount:
    is_refund = status == "REFUNDED"
    return Amount(currency, parse_money(cost) * (-1 if is_refund else 1), is_refund)


def _hour(text: str | None, stored: int) -> datetime | None:
    """The hour of an event time, if an event of that time could be counted."""
    try:
        at = parse_instant(text or "")
    except (ValueError, OverflowError):
        return None
    arrived = stored // NANOSECONDS
    return time_of(hour_of(at)) if arrived - MAX_AGE <= at <= arrived + MAX_AHEAD else None


def _uncounted(stored: int, outcome: str, event_hour: datetime | None, amount: Amount) -> Uncounted:
    currency, millionths, is_refund = amount
    return Uncounted(stored, outcome, event_hour, currency, decimal(millionths), is_refund)
