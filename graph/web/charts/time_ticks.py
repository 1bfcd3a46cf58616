"""Ticks of a time axis: at the days, weeks and months of a time zone, and at its clock's hours. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from graph.reports.windows import add_months, date_of, day_begins
from graph.web.charts.buckets import MONTHS, Bucket, clock_text

_DAY_MINUTES: Final = 24 * 60
_DAY: Final = timedelta(days=1)
_WEEK_DAYS: Final = 7
_FEWEST: Final = 2  # ticks: one alone says nothing about the time between
_YEAR_MONTHS: Final = 12


@dataclass(frozen=True, slots=True)
class TimeTick:
    """A tick: its time, its text, and whether a day (of hours), or a year (of days and months), begins there."""

    time: datetime
    text: str
    strong: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """The ticks of one step: `length` is about the time between two of them."""

    length: timedelta
    times: Callable[[datetime, datetime, ZoneInfo], Iterator[datetime]]
    text: Callable[[datetime], tuple[str, bool]]


@lru_cache(maxsize=256)  # the charts of a page have the same times, and so has the page a moment later
def time_ticks(start: datetime, end: datetime, bucket: Bucket, zone: ZoneInfo, limit: int) -> tuple[TimeTick, ...]:
    """The ticks from `start` to `end` of the finest step that needs at most about `limit`, and that is no finer than
    the buckets. If it has a single one, those of the step before it. Without any boundary in the range there is one
    tick, at `start`.
    """
    steps = [each for each in _STEPS if each.length >= bucket.value] or [_STEPS[-1]]
    at = next((at for at, each in enumerate(steps) if (end - start) / each.length <= limit), len(steps) - 1)
    step, times = steps[at], tuple(steps[at].times(start, end, zone))
    if len(times) < _FEWEST and at > 0:
        step, times = steps[at - 1], tuple(steps[at - 1].times(start, end, zone))
    times = times or (start,)
    return tuple(TimeTick(each, *step.text(each.astimezone(zone))) for each in _sparse(times, limit))


def _sparse(times: tuple[datetime, ...], limit: int) -> tuple[datetime, ...]:
    """Every n-th time, so that centuries fit too."""
    return times[:: -(-len(times) // (limit + 1))]


def _clock_times(minutes: int) -> Callable[[datetime, datetime, ZoneInfo], Iterator[datetime]]:
    """Times at which the zone's clock shows a multiple of `minutes`; none where the clock skips it."""

    def times(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        for day in _days_between(start, end, zone):
            for minute in range(0, _DAY_MINUTES, minutes):
                clock = datetime.combine(day, time(minute // 60, minute % 60), zone)
                at = clock.astimezone(UTC)
                if start <= at <= end and at.astimezone(zone).replace(tzinfo=None) == clock.replace(tzinfo=None):
                    yield at

    return times


def _day_times(wanted: Callable[[date], bool]) -> Callable[[datetime, datetime, ZoneInfo], Iterator[datetime]]:
    """The beginnings of the days that are wanted."""

    def times(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        begins = (day_begins(day, zone) for day in _days_between(start, end, zone) if wanted(day))
        return (each for each in begins if start <= each <= end)

    return times


def _month_times(months: int) -> Callable[[datetime, datetime, ZoneInfo], Iterator[datetime]]:
    """The beginnings of every n-th month, counted from January."""

    def times(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        first = date_of(start, zone).replace(month=1, day=1)
        while (at := day_begins(first, zone)) <= end:
            if at >= start:
                yield at
            first = add_months(first, months)

    return times


def _days_between(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[date]:
    day, last = date_of(start, zone), date_of(end, zone)
    while day <= last:
        yield day
        day += _DAY


def _clock(local: datetime) -> tuple[str, bool]:
    return (_day_text(local), True) if (local.hour, local.minute) == (0, 0) else (clock_text(local), False)


def _date(local: datetime) -> tuple[str, bool]:
    new_year = (local.month, local.day) == (1, 1)
    return (f"{_day_text(local)} {local.year}", True) if new_year else (_day_text(local), False)


def _month(local: datetime) -> tuple[str, bool]:
    return (str(local.year), True) if local.month == 1 else (MONTHS[local.month - 1], False)


def _day_text(local: datetime) -> str:
    return f"{local.day} {MONTHS[local.month - 1]}"


_STEPS: Final = (
    *(_Step(timedelta(minutes=n), _clock_times(n), _clock) for n in (5, 15, 30, 60, 180, 360, 720)),
    _Step(_DAY, _day_times(lambda day: True), _date),
    _Step(2 * _DAY, _day_times(lambda day: day.toordinal() % 2 == 0), _date),
    _Step(_WEEK_DAYS * _DAY, _day_times(lambda day: day.weekday() == 0), _date),
    _Step(2 * _WEEK_DAYS * _DAY, _day_times(lambda day: day.toordinal() % (2 * _WEEK_DAYS) == 1), _date),
    *(_Step(30 * n * _DAY, _month_times(n), _month) for n in (1, 3, 6, _YEAR_MONTHS)),
)
