"""Which days leave."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from schema.history import RECENT

Days: TypeAlias = Sequence[dt.date]


class OldDay(NamedTuple):
    """A day that should not be here any more, and how many hourly rows it has."""

    day: dt.date
    rows: int


class Partition(NamedTuple):
    """A month of a table."""

    table: str
    name: str


def first_kept_day() -> dt.date:
    """The first UTC day of which PostgreSQL keeps the rows: older ones are archived."""
    return dt.datetime.now(dt.UTC).date() - RECENT


def hours_of(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When a UTC day begins, and when it ends."""
    begins = dt.datetime.combine(day, dt.time(), dt.UTC)
    return begins, begins + dt.timedelta(days=1)
