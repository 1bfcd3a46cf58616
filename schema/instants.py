"""Instants as integers: microseconds since 1970-01-01 UTC.

Ingest compares, hashes and truncates 100,000 event times per second. Integers do that several times faster than aware
datetimes, and as exactly.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

AwareTime: TypeAlias = Annotated[datetime, Meta(tz=True)]  # `date-time` in JSON Schema

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
SECOND: Final = 1_000_000
NANOSECONDS: Final = 1000  # per microsecond
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


def instant(time: datetime) -> int:
    """The instant of an aware time. Exact."""
    return (time - EPOCH) // MICROSECOND


def time_of(at: int) -> datetime:
    """The instant as an aware UTC time. Exact."""
    return EPOCH + timedelta(microseconds=at)


def parse_instant(text: str) -> int:
    """The instant of a time in RFC 3339; digits after the microseconds do not count. Raises ValueError."""
    return instant(datetime.fromisoformat(text.upper()))
