"""The state of what a report reads, from which its validator is made, and for how long it cannot change.

An answer is the same at the same state, except for `completeUntil`, and for `dataAsOf` behind the end of its window.
An earlier value of both stays true of the same numbers.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from graph.reports.reading.versions import Versions
from graph.reports.windows import DaySlice, day_date, day_number, hour_number, hour_start
from infra.postgres import Connection
from infra.sql import statement

SETTLING_DAYS: Final = 8  # after which a day is no longer compared with billing every day
SETTLED: Final = 3600  # seconds for which an answer of settled days is fresh

_UNSETTLED: Final = statement(Path(__file__).parent / "sql", "unsettled_days")


def state_of(currency: str, slices: Sequence[DaySlice], versions: Versions, horizon: datetime | None) -> object:
    """The state of a report on neighbouring slices, which are all of `versions`. `horizon`: up to when it is complete.

    The points of an answer are marked by hour, so the state changes only when an hour is complete.
    """
    first, end = slices[0].first_hour, slices[-1].end_hour
    until = _until(versions.data_as_of, hour_start(end))
    return currency, (first, end), versions.digest, until, _hours_until(horizon, first, end)


async def lifetime_of(connection: Connection, slices: Sequence[DaySlice]) -> int:
    """The seconds for which an answer is fresh: 0 unless its days are reconciled and have not changed since."""
    first, last = slices[0].day, slices[-1].day
    if last + SETTLING_DAYS >= day_number(datetime.now(UTC).date()):
        return 0
    unsettled: int = await connection.fetchval(_UNSETTLED, day_date(first), day_date(last), last - first + 1)
    return 0 if unsettled else SETTLED


def _until(time: datetime | None, end: datetime) -> datetime | None:
    return None if time is None else min(time, end)


def _hours_until(horizon: datetime | None, first: int, end: int) -> int | None:
    return None if horizon is None else min(max(hour_number(horizon), first), end)
