"""The UTC day, for tests that must not run across midnight."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

SPARE: Final = timedelta(seconds=45)  # longer than any such test takes
DAY: Final = timedelta(days=1)


def today() -> datetime:
    """The beginning of the UTC day."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def wait_out_midnight(edge: timedelta = timedelta()) -> None:
    """Waits until midnight, or the time `edge` after midnight, has passed if it is near."""
    left = (edge - (datetime.now(UTC) - today())) % DAY
    if left < SPARE:
        time.sleep(left.total_seconds() + 0.01)
