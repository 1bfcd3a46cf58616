"""The partitions of PostgreSQL: one per UTC day of the dedup ledger, one per month of hourly rows. Pure: no I/O."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

_DAY: Final = timedelta(days=1)
_MONTHLY: Final = ("metrics_hourly", "costs_hourly")


class Partition(NamedTuple):
    """The partition for [starts, ends) of a table of the schema `anlyt`."""

    parent: str
    starts: datetime
    ends: datetime


def of_ledger(day: date) -> Partition:
    """The partition of the dedup ledger for a day's events."""
    return Partition("processed_events", _midnight(day), _midnight(day + _DAY))


def of_hours(day: date) -> Sequence[Partition]:
    """The partitions of hourly rows for a day's month."""
    first, end = _midnight(day.replace(day=1)), _midnight(next_month(day))
    return [Partition(table, first, end) for table in _MONTHLY]


def next_month(day: date) -> date:
    """The first day of the month after the day's month."""
    return (day.replace(day=1) + 32 * _DAY).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
