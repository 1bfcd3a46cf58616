"""What both sides say of the days that are due. Pure.

`billing.daily_totals` belongs to another service, so its values come as text and are judged here: one that is no total
makes its row a finding, and the other rows are compared.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

Key: TypeAlias = tuple[date, str]
"""A UTC day and a currency."""

CURRENCY: Final = re.compile(r"[A-Z]{3}")
MONEY: Final = re.compile(r"-?[0-9]{1,32}(\.[0-9]{1,6}0*)?")  # numeric(38, 6), as ours; refunds may outweigh charges
MESSAGES: Final = re.compile(r"-?[0-9]{1,15}")
SHOWN: Final = 32  # characters of a value that is no total


class Ours(NamedTuple):
    """What we counted of a day and currency."""

    day: date
    currency: str
    cost: Decimal
    messages: int


class Theirs(NamedTuple):
    """What billing wrote of a day and currency, as text (None: null), and in how many rows."""

    day: date
    currency: str | None
    cost: str | None
    messages: str | None
    rows: int


class Last(NamedTuple):
    """How a day and currency was compared last."""

    day: date
    currency: str
    status: str


class Totals(NamedTuple):
    """What both sides say of a day and currency, None if nothing; messages are of the whole day.

    `invalid`: why billing's side is no total, None if it is one or has no row.
    `is_open`: the last comparison was not OK.
    """

    day: date
    currency: str
    ours: Decimal | None
    theirs: Decimal | None
    our_messages: int | None
    their_messages: int | None
    invalid: str | None = None
    is_open: bool = False


class _Book(NamedTuple):
    cost: Decimal | None
    messages: int | None
    invalid: str | None


def due(ours: Sequence[Ours], theirs: Sequence[Theirs], last: Sequence[Last], again: date) -> Sequence[Totals]:
    """The totals to compare, by day and currency: of the days from `again` on, and all whose last status is not OK."""
    counted = {(row.day, row.currency): row for row in ours}
    books = _books(theirs)
    statuses = {(row.day, row.currency): row.status for row in last}
    still_open = {key for key, status in statuses.items() if status != "OK"}
    ours_by_day, theirs_by_day = _sums(counted), _sums(books)
    return [
        Totals(
            *key,
            counted[key].cost if key in counted else None,
            books[key].cost if key in books else None,
            ours_by_day.get(key[0]),
            theirs_by_day.get(key[0]),
            books[key].invalid if key in books else None,
            key in still_open,
        )
        for key in sorted(counted.keys() | books.keys() | still_open)
        if key[0] >= again or statuses.get(key) != "OK"
    ]


def _sums(rows: Mapping[Key, Ours | _Book]) -> Mapping[date, int | None]:
    """The messages of each day; None where one of its rows does not tell, as a part would be a wrong number."""
    sums: dict[date, int | None] = {}
    for (day, _), row in rows.items():
        sum_before = sums.get(day, 0)
        sums[day] = None if sum_before is None or row.messages is None else sum_before + row.messages
    return sums


def _books(rows: Sequence[Theirs]) -> Mapping[Key, _Book]:
    books: dict[Key, _Book] = {}
    for row in rows:
        key = row.day, (row.currency or "")[:SHOWN]
        books[key] = _Book(None, None, "several rows") if key in books else _book(row)
    return books


def _book(row: Theirs) -> _Book:
    if problems := "; ".join(_problems(row)):
        return _Book(None, None, problems)
    return _Book(Decimal(str(row.cost)), int(str(row.messages)), None)


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
