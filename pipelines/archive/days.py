"""The days that have to leave PostgreSQL."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from schema.history import RECENT

Days: TypeAlias = Sequence[dt.date]


class OldDay(NamedTuple):
    """A day that has to leave PostgreSQL, and its number of hourly rows."""

    day: dt.date
    rows: int


class OldPartition(NamedTuple):
    """A monthly partition of a table."""

    table: str
    name: str


def first_kept_day() -> dt.date:
    """The first UTC day whose rows PostgreSQL keeps. Older days are archived."""
    return dt.datetime.now(dt.UTC).date() - RECENT


def hours_of(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The beginning of a UTC day, and its end (excluded)."""
    begins = dt.datetime.combine(day, dt.time(), dt.UTC)
    return begins, begins + dt.timedelta(days=1)
