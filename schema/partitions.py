"""Which partitions there are: of the dedup ledger one per UTC day, of hourly rows one per month. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

_DAY: Final = timedelta(days=1)
_MONTHLY: Final = ("metrics_hourly", "costs_hourly")


class Partition(NamedTuple):
    """[starts, ends) of a table of the schema `anlyt`."""

    parent: str
    starts: datetime
    ends: datetime


def of_ledger(day: date) -> Partition:
    """Where the ledger has the claims of a day's events."""
    return Partition("processed_events", _midnight(day), _midnight(day + _DAY))


def of_hours(day: date) -> Sequence[Partition]:
    """Where the hours of a day's month are."""
    first, end = _midnight(day.replace(day=1)), _midnight(next_month(day))
    return [Partition(table, first, end) for table in _MONTHLY]


def next_month(day: date) -> date:
    """Its first day."""
    return (day.replace(day=1) + 32 * _DAY).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
