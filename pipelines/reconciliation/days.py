"""Decides which days are compared. Pure: no I/O."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from infra.errors import UsageError
from pipelines.reconciliation.params import Params
from schema.history import CERTAINLY_RECENT, CLOSING

DAY: Final = timedelta(days=1)
AGAIN: Final = 7  # newest days to compare again even if OK: streams can deliver late events for this long
# Days back of which PostgreSQL has all rows. Older days may be partly archived: the remaining rows would be compared as
# if they were the whole day.
REACH: Final = CERTAINLY_RECENT.days


class Days(NamedTuple):
    """The days from `first` to `last`, both included. Days before `again` are compared only until they are OK."""

    first: date
    last: date
    again: date


def days_to_compare(params: Params, now: datetime) -> Days:
    """The days of a run. Raises UsageError for a requested day that has not ended or is too old."""
    today = now.astimezone(UTC).date()
    first = today - REACH * DAY
    if params.day is None:
        last = (now - CLOSING).astimezone(UTC).date() - DAY
        return Days(first, last, last - (AGAIN - 1) * DAY)
    if not first <= params.day < today:
        raise UsageError(f"day must be from {first} to {today - DAY} (UTC): it has ended, and is not in the archive.")
    return Days(params.day, params.day, params.day)
