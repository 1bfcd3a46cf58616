"""The ledger: what became of every message that the streams stored (decision 57)."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from graph.access import Scope, platform
from graph.reports.ledger_answer import Ledger, LedgerAmounts, LedgerHour, LedgerLine, LedgerRefusals
from graph.reports.reading.reader import Reader
from graph.reports.windows import Window
from infra.sql import statement
from schema.money import money, parse_money
from schema.streams import BILLING_EVENTS, SMS_DLR

_LEDGER: Final = statement(Path(__file__).parent / "sql", "ledger")
STREAMS: Final[Mapping[str, str]] = {"billing_metrics": BILLING_EVENTS.name, "delivery_metrics": SMS_DLR.name}
"""The functions that have a ledger, and their streams."""
COUNTED, COPY = "counted", "copy"


class Outcomes(Struct, frozen=True, rename="camel"):
    """Messages of one function, hour, outcome and currency ("": without an amount)."""

    function: str
    hour: datetime
    outcome: str
    currency: str
    messages: int
    amount: str


class StreamHour(Struct, frozen=True, rename="camel"):
    """What a function's stream stored in an hour. `unsettled`: how many of these messages may be waiting."""

    function: str
    hour: datetime
    stored: int
    closed: bool
    unsettled: int


class Entries(Struct, frozen=True, rename="camel"):
    """What the ledger of a window is made of."""

    since: datetime | None
    data_as_of: datetime | None
    hours: list[StreamHour]
    outcomes: list[Outcomes]


class _Key(NamedTuple):
    hour: datetime
    function: str


_decode: Final = msgspec.json.Decoder(Entries).decode


async def ledger(reader: Reader, scope: Scope, window: Window) -> Ledger:
    """The ledger of the messages that were stored in a window. Raises ForbiddenError, DependencyUnavailableError."""
    platform(scope)
    return await read_ledger(reader.fetch_value, window)


async def read_ledger(fetch_value: Callable[..., Awaitable[Any]], window: Window) -> Ledger:
    """The same, for whoever may read the database; `fetch_value` runs a statement that returns one value."""
    read = await fetch_value(_LEDGER, window.from_, window.to, list(STREAMS), list(STREAMS.values()))
    return make_ledger(window, _decode(read))


def make_ledger(window: Window, entries: Entries) -> Ledger:
    """The answer of these entries. Leaves out hours before the ledger began, and hours without a message."""
    outcomes: dict[_Key, list[Outcomes]] = defaultdict(list)
    for each in entries.outcomes:
        outcomes[_Key(each.hour, each.function)].append(each)
    stored = {_Key(each.hour, each.function): each for each in entries.hours}
    hours = [
        _hour(key, stored.get(key), outcomes[key])
        for key in sorted({*outcomes, *(key for key, each in stored.items() if each.stored)})
        if entries.since is None or key.hour >= entries.since
    ]
    return Ledger(
        window=window,
        since=entries.since,
        holds=all(hour.holds is not False for hour in hours),
        totals=[_total(function, [hour for hour in hours if hour.function == function]) for function in STREAMS],
        hours=hours,
        data_as_of=entries.data_as_of,
    )


def _hour(key: _Key, stored: StreamHour | None, outcomes: Sequence[Outcomes]) -> LedgerHour:
    reasons = sorted({each.outcome for each in outcomes} - {COUNTED, COPY})
    counted, copies, *refused = (
        _amounts([each for each in outcomes if each.outcome == outcome]) for outcome in (COUNTED, COPY, *reasons)
    )
    processed = sum(each.messages for each in outcomes)
    # In an open hour, messages may be processed before the stream's newest sequence is noted.
    seen = None if stored is None else stored.stored if stored.closed else max(stored.stored, processed)
    waiting = None if stored is None or seen is None else min(max(seen - processed, 0), stored.unsettled)
    missing = None if seen is None or waiting is None else seen - processed - waiting
    return LedgerHour(
        hour=key.hour,
        stream=STREAMS[key.function],
        function=key.function,
        open=stored is not None and not stored.closed,
        stored=seen,
        counted=counted,
        copies=copies,
        refused=[_refusals(reason, each) for reason, each in zip(reasons, refused, strict=True) if each.messages],
        waiting=waiting,
        missing=missing,
        holds=None if missing is None else missing == 0,
    )


def _amounts(outcomes: Iterable[Outcomes]) -> LedgerAmounts:
    sums: dict[str, int] = defaultdict(int)
    messages = 0
    for each in outcomes:
        messages += each.messages
        if each.currency:
            sums[each.currency] += parse_money(each.amount)
    return LedgerAmounts(messages=messages, amounts={currency: money(sums[currency]) for currency in sorted(sums)})


def _refusals(reason: str, refused: LedgerAmounts) -> LedgerRefusals:
    return LedgerRefusals(reason=reason, messages=refused.messages, amounts=refused.amounts)


def _total(function: str, hours: Sequence[LedgerHour]) -> LedgerLine:
    """The sums of a function's hours; `stored` and what follows from it only if it is known of all."""
    refused = [each for hour in hours for each in hour.refused]
    missing = _known([hour.missing for hour in hours])
    return LedgerLine(
        stream=STREAMS[function],
        function=function,
        stored=_known([hour.stored for hour in hours]),
        counted=_sum([hour.counted for hour in hours]),
        copies=_sum([hour.copies for hour in hours]),
        refused=[
            _refusals(reason, _sum([each for each in refused if each.reason == reason]))
            for reason in sorted({each.reason for each in refused})
        ],
        waiting=_known([hour.waiting for hour in hours]),
        missing=missing,
        holds=None if missing is None else all(hour.holds for hour in hours),
    )


def _known(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _sum(parts: Sequence[LedgerAmounts]) -> LedgerAmounts:
    sums: dict[str, int] = defaultdict(int)
    for part in parts:
        for currency, amount in part.amounts.items():
            sums[currency] += parse_money(amount)
    return LedgerAmounts(
        messages=sum(part.messages for part in parts),
        amounts={currency: money(sums[currency]) for currency in sorted(sums)},
    )
