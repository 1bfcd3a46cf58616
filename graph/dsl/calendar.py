"""Windows in a time zone: the window to compare with, and the shift between the buckets of both. Pure."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from graph.reports.windows import add_months, date_of, day_begins
from schema.catalog.terms import Granularity
from schema.instants import instant

# Upper bounds of a bucket's length in seconds, clock changes included.
LONGEST: Final = {"minute": 60, "hour": 7200, "day": 2 * 86_400, "week": 8 * 86_400, "month": 32 * 86_400}
# The least seconds that a bucket usually has; an hour has fewer where clocks change by less than one.
SHORTEST: Final = {"minute": 60, "hour": 3600, "day": 22 * 3600, "week": 166 * 3600, "month": 28 * 86_400 - 7200}
SHORTEST_OFFSET: Final = timedelta(days=6)  # no zone keeps an offset for a shorter time

_DAY: Final = timedelta(days=1)


class Window(NamedTuple):
    """A half-open window of aware times in UTC."""

    from_: datetime
    to: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """The difference between the buckets of two windows that have the same index."""

    unit: Literal["seconds", "days", "months"]
    amount: int


def previous_period(window: Window, zone: ZoneInfo) -> Window:
    """Returns the window of the same length that ends where this one begins.

    The length counts in months if the window is whole months of the zone, in days if it is whole days, and otherwise
    in elapsed time.
    """
    start, end = _day_begun_by(window.from_, zone), _day_begun_by(window.to, zone)
    if start is None or end is None:
        return Window(window.from_ - (window.to - window.from_), window.from_)
    before = add_months(start, _month(start) - _month(end)) if start.day == end.day == 1 else start - (end - start)
    return Window(day_begins(before, zone), window.from_)


def same_elapsed(window: Window, zone: ZoneInfo) -> Window | None:
    """Returns the same part, by the clock, of the previous period, or None if the window begins no period.

    The period is the first of day, month, week and year that begins with the window and contains it. The part ends
    with the previous period at the latest. If clocks skip its end, it ends as long after the skip as the end lies
    within the skip.
    """
    first = _day_begun_by(window.from_, zone)
    if first is None:
        return None
    for begins, after, before in _PERIODS:
        if begins(first) and window.to <= day_begins(after(first), zone):
            back = before(first)
            begin = day_begins(back, zone)
            clock = _naive(back) + (_local(window.to, zone) - _naive(first))
            until = min(clock.replace(tzinfo=zone).astimezone(UTC), window.from_)
            # After a change of clocks at midnight, midnight may occur twice.
            return Window(begin, until if begin < until else begin + (window.to - window.from_))
    return None


def shift(granularity: Granularity, previous: Window, window: Window, zone: ZoneInfo) -> Shift | None:
    """Returns the shift from the buckets of `previous` to those of `window`, or None without buckets."""
    before, start = date_of(previous.from_, zone), date_of(window.from_, zone)
    match granularity:
        case "none":
            return None
        case "minute" | "hour":
            seconds = {"minute": 60, "hour": 3600}[granularity]
            return Shift("seconds", _bucket(window.from_, zone, seconds) - _bucket(previous.from_, zone, seconds))
        case "day":
            return Shift("days", (start - before).days)
        case "week":
            return Shift("days", (_monday(start) - _monday(before)).days)
        case "month":
            return Shift("months", _month(start) - _month(before))


@lru_cache(maxsize=1024)
def offsets(window: Window, zone: ZoneInfo) -> frozenset[int]:
    """The zone's offsets from UTC within a window, in microseconds."""
    steps = (window.to - window.from_) // SHORTEST_OFFSET
    times = [window.from_ + step * SHORTEST_OFFSET for step in range(steps + 1)]
    return frozenset(_offset(time, zone) // timedelta(microseconds=1) for time in (*times, window.to))


def most_buckets(length: timedelta, granularity: Granularity) -> int:
    """Estimates the number of buckets of a window, rather too high; too low only by changes of clocks within it."""
    return math.ceil(length.total_seconds() / SHORTEST[granularity]) + 1


def _month(day: date) -> int:
    return day.year * 12 + day.month


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _local(time: datetime, zone: ZoneInfo) -> datetime:
    """The local time of the zone, as a naive datetime."""
    return time.astimezone(zone).replace(tzinfo=None)


def _day_begun_by(time: datetime, zone: ZoneInfo) -> date | None:
    """The day of the zone that begins at this time, or None."""
    day = date_of(time, zone)
    return day if day_begins(day, zone) == time else None


def _offset(time: datetime, zone: ZoneInfo) -> timedelta:
    offset = time.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def _bucket(at: datetime, zone: ZoneInfo, seconds: int) -> int:
    """The start of the bucket of `seconds` by the local clock, in seconds since 1970."""
    elapsed = instant(at) // 1_000_000
    return elapsed - (elapsed + _offset(at, zone) // timedelta(seconds=1)) % seconds


def _naive(day: date) -> datetime:
    return datetime.combine(day, time())


class _Period(NamedTuple):
    """Whether a day begins this kind of period, and the first days of the next and the previous one."""

    begins: Callable[[date], bool]
    after: Callable[[date], date]
    before: Callable[[date], date]


_PERIODS: Final = (
    _Period(lambda _: True, lambda day: day + _DAY, lambda day: day - _DAY),
    _Period(lambda day: day.day == 1, lambda day: add_months(day, 1), lambda day: add_months(day, -1)),
    _Period(lambda day: day.weekday() == 0, lambda day: day + 7 * _DAY, lambda day: day - 7 * _DAY),
    _Period(
        lambda day: (day.month, day.day) == (1, 1), lambda day: add_months(day, 12), lambda day: add_months(day, -12)
    ),
)
