"""Buckets of time in a zone: where the next one starts, and how people write one. Pure."""

from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from graph.reports.windows import add_months, date_of, day_begins

_REMEMBERED: Final = 4096  # buckets: the charts of a page, and most pages, show the same hours and days

# Not strftime: its names depend on the process's locale.
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Bucket(Enum):
    """The length of a bucket: in seconds if it is the same in all zones, else in days or months."""

    MINUTE = timedelta(minutes=1)
    FIVE_MINUTES = timedelta(minutes=5)
    HOUR = timedelta(hours=1)
    DAY = timedelta(days=1)
    WEEK = timedelta(days=7)
    MONTH = timedelta(days=30)  # about; `next_start` is exact

    @property
    def is_clock(self) -> bool:
        """Whether all such buckets have the same length."""
        return self.value < timedelta(days=1)


def next_start(time: datetime, bucket: Bucket, zone: ZoneInfo) -> datetime:
    """Where the bucket that starts at `time` ends, in UTC. A day that a clock change makes longer is one day."""
    return _next_start(time.astimezone(UTC), bucket, zone)


@lru_cache(_REMEMBERED)  # by times of UTC: those of other zones are equal also where a clock shows them twice
def _next_start(time: datetime, bucket: Bucket, zone: ZoneInfo) -> datetime:
    if bucket.is_clock:
        return time + bucket.value
    day = date_of(time, zone)
    after = add_months(day, 1) if bucket is Bucket.MONTH else day + bucket.value
    if time == day_begins(day, zone):
        return day_begins(after, zone)
    clock = time.astimezone(zone).time().replace(fold=0)  # a day of another zone, such as UTC
    return datetime.combine(after, clock, zone).astimezone(UTC)


def bucket_text(time: datetime, bucket: Bucket, zone: ZoneInfo) -> str:
    """The bucket as people write it: "Mon 23 Nov 2026", "Mon 23 Nov 2026, 14:00", "Nov 2026"."""
    return _bucket_text(time.astimezone(UTC), bucket, zone)


@lru_cache(_REMEMBERED)
def _bucket_text(time: datetime, bucket: Bucket, zone: ZoneInfo) -> str:
    local = time.astimezone(zone)
    if bucket is Bucket.MONTH:
        return f"{MONTHS[local.month - 1]} {local.year}"
    day = f"{WEEKDAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]} {local.year}"
    if bucket is Bucket.WEEK:
        return f"week from {day}"
    return f"{day}, {clock_text(local)}" if bucket.is_clock or _has_clock(local) else day


def clock_text(local: datetime) -> str:
    """Hours and minutes; with the offset where a clock that was set back shows them twice."""
    twice = local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()
    return f"{local:%H:%M}{_offset(local) if twice else ''}"


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f" (UTC{text[:3]}:{text[3:5]})"


def _has_clock(local: datetime) -> bool:
    return (local.hour, local.minute) != (0, 0)


def iso(time: datetime) -> str:
    """The time as the API writes it: "2026-11-23T00:00:00Z"."""
    return _iso(time.astimezone(UTC))


@lru_cache(_REMEMBERED)
def _iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")
