"""Which days are compared. Pure."""

from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from infra.errors import UsageError
from pipelines.reconciliation.params import Params
from schema.history import CERTAINLY_RECENT

DAY: Final = timedelta(days=1)
# After its end a day stays open for so long: events on their way are counted, and billing-service adds up.
GRACE: Final = timedelta(hours=1)
AGAIN: Final = 7  # days whose late events may still come, OK or not: as long as streams keep them
# Days back that PostgreSQL has whole. Of one that the archive may have begun with, what is left would be taken for all
# that we counted.
REACH: Final = CERTAINLY_RECENT.days


class Days(NamedTuple):
    """From `first` to `last`, both of them included; those before `again` only until their comparison is OK."""

    first: date
    last: date
    again: date


def chosen(params: Params, now: datetime) -> Days:
    """The days that a run has to look at; UsageError for one that has not ended, or that is too old to be compared."""
    today = now.astimezone(UTC).date()
    first = today - REACH * DAY
    if params.day is None:
        last = (now - GRACE).astimezone(UTC).date() - DAY
        return Days(first, last, last - (AGAIN - 1) * DAY)
    if not first <= params.day < today:
        raise UsageError(f"day must be from {first} to {today - DAY} (UTC): it has ended, and is not in the archive.")
    return Days(params.day, params.day, params.day)
