"""Edges of the calendar, which a test that counts days does not sit astride."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

SPARE: Final = timedelta(seconds=45)  # what such a test takes at most, and more
DAY: Final = timedelta(days=1)


def today() -> datetime:
    """The beginning of the UTC day."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def wait_out_midnight(edge: timedelta = timedelta()) -> None:
    """Waits out the end of a day, or of its first `edge`, if that is near."""
    left = (edge - (datetime.now(UTC) - today())) % DAY
    if left < SPARE:
        time.sleep(left.total_seconds() + 0.01)
