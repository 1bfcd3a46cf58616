"""The totals of both sides for the days that are due. Pure: no I/O.

`billing.daily_totals` belongs to another service, so its values are read as text and validated here. A row with an
invalid value becomes a finding; the other rows are compared.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from schema.statuses import ComparisonStatus

Key: TypeAlias = tuple[date, str]
"""A UTC day and a currency."""

CURRENCY: Final = re.compile(r"[A-Z]{3}")
MONEY: Final = re.compile(r"-?[0-9]{1,32}(\.[0-9]{1,6}0*)?")  # numeric(38, 6), like ours; negative if refunds prevail
MESSAGES: Final = re.compile(r"-?[0-9]{1,15}")
SHOWN: Final = 32  # characters of an invalid value


class Ours(NamedTuple):
    """Our cost and messages of a day and currency."""

    day: date
    currency: str
    cost: Decimal
    messages: int


class Theirs(NamedTuple):
    """Billing's values of a day and currency, as text (None: null), and the number of their rows."""

    day: date
    currency: str | None
    cost: str | None
    messages: str | None
    rows: int


class LastStatus(NamedTuple):
    """The status of the last comparison of a day and currency, and the differences that were ever accepted."""

    day: date
    currency: str
    status: ComparisonStatus
    accepted: Sequence[Decimal] = ()


class TotalsToCompare(NamedTuple):
    """The totals of both sides for a day and currency; None if a side has none. Messages are of the whole day.

    `invalid`: why billing's values are invalid; None if they are valid or missing. `is_open`: the last comparison was
    not OK. `accepted`: differences that somebody accepted.
    """

    day: date
    currency: str
    ours: Decimal | None
    theirs: Decimal | None
    our_messages: int | None
    their_messages: int | None
    invalid: str | None = None
    is_open: bool = False
    accepted: Sequence[Decimal] = ()


class _BillingTotal(NamedTuple):
    """The parsed values of billing's row, or why they are `invalid`."""

    cost: Decimal | None
    messages: int | None
    invalid: str | None


def due(
    ours: Sequence[Ours], theirs: Sequence[Theirs], last: Sequence[LastStatus], again: date
) -> Sequence[TotalsToCompare]:
    """The totals to compare, by day and currency: days from `again` on, and all whose last status is not OK."""
    counted = {(row.day, row.currency): row for row in ours}
    billed = _billing_totals(theirs)
    statuses = {(row.day, row.currency): row.status for row in last}
    accepted = {(row.day, row.currency): row.accepted for row in last}
    still_open = {key for key, status in statuses.items() if status != "OK"}
    ours_by_day, theirs_by_day = _sums(counted), _sums(billed)
    return [
        TotalsToCompare(
            *key,
            counted[key].cost if key in counted else None,
            billed[key].cost if key in billed else None,
            ours_by_day.get(key[0]),
            theirs_by_day.get(key[0]),
            billed[key].invalid if key in billed else None,
            key in still_open,
            accepted.get(key, ()),
        )
        for key in sorted(counted.keys() | billed.keys() | still_open)
        if key[0] >= again or statuses.get(key) != "OK"
    ]


def _sums(rows: Mapping[Key, Ours | _BillingTotal]) -> Mapping[date, int | None]:
    """The messages of each day; None if a row of the day has no valid number, as a partial sum would be wrong."""
    sums: dict[date, int | None] = {}
    for (day, _), row in rows.items():
        sum_before = sums.get(day, 0)
        sums[day] = None if sum_before is None or row.messages is None else sum_before + row.messages
    return sums


def _billing_totals(rows: Sequence[Theirs]) -> Mapping[Key, _BillingTotal]:
    billed: dict[Key, _BillingTotal] = {}
    for row in rows:
        key = row.day, (row.currency or "")[:SHOWN]
        billed[key] = _BillingTotal(None, None, "several rows") if key in billed else _billing_total(row)
    return billed


def _billing_total(row: Theirs) -> _BillingTotal:
    if problems := "; ".join(_problems(row)):
        return _BillingTotal(None, None, problems)
    return _BillingTotal(Decimal(str(row.cost)), int(str(row.messages)), None)


def _problems(row: Theirs) -> Iterator[str]:
    if row.rows > 1:
        yield f"{row.rows:,} rows"
    for column, value, pattern in (
        ("currency", row.currency, CURRENCY),
        ("total_cost", row.cost, MONEY),
        ("message_count", row.messages, MESSAGES),
    ):
        if value is None:
            yield f"{column} is null"
        elif not pattern.fullmatch(value):
            yield f"{column} is {value[:SHOWN]!r}"
