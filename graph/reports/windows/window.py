"""Windows of whole UTC hours, their slices by UTC day, and the numbers of hours and days since 1970."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from schema.instants import AwareTime

Granularity = Literal["hourly", "daily"]

DAY_HOURS: Final = 24

_HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Window(Struct, frozen=True, dict=True, rename={"from_": "from"}):
    """A half-open range of whole UTC hours."""

    from_: Annotated[AwareTime, Meta(description="First hour of the window, included (UTC).")]
    to: Annotated[AwareTime, Meta(description="End of the window, excluded (UTC).")]

    @property
    def first_hour(self) -> int:
        """The window's first hour, in hours since 1970."""
        return hour_number(self.from_)

    @property
    def end_hour(self) -> int:
        """The hour after the window's last, in hours since 1970."""
        return hour_number(self.to)

    @cached_property
    def slices(self) -> Sequence["DaySlice"]:
        """The window's slices, one per UTC day that it touches, in order."""
        return _day_slices(self.first_hour, self.end_hour)

    @cached_property
    def hours(self) -> Sequence["DaySlice"]:
        """The window's hours in order, each as a slice of one hour."""
        return [hour for day_slice in self.slices for hour in day_slice.hours]


class DaySlice(NamedTuple):
    """The hours `first <= hour < end` of one UTC day. `day` is in days since 1970."""

    day: int
    first: int
    end: int

    @property
    def first_hour(self) -> int:
        """The first hour, in hours since 1970."""
        return self.day * DAY_HOURS + self.first

    @property
    def end_hour(self) -> int:
        """The hour after the last, in hours since 1970."""
        return self.day * DAY_HOURS + self.end

    @property
    def hours(self) -> Sequence["DaySlice"]:
        """Its hours in order, each as a slice of one hour."""
        return [DaySlice(self.day, hour, hour + 1) for hour in range(self.first, self.end)]

    @property
    def starts(self) -> datetime:
        """The start of the first hour (UTC)."""
        return hour_start(self.first_hour)

    @property
    def is_whole_day(self) -> bool:
        """Whether the slice has all 24 hours."""
        return self.end - self.first == DAY_HOURS


def whole_days(slices: Sequence[DaySlice]) -> tuple[int, int]:
    """The bounds of the whole days in a window's slices: only the first and the last may have fewer hours."""
    end = len(slices)
    begin = int(end > 0 and not slices[0].is_whole_day)
    return begin, end - int(end > begin and not slices[-1].is_whole_day)


def series_length(window: Window, granularity: Granularity) -> int:
    """The number of points in a series."""
    return len(window.slices) if granularity == "daily" else window.end_hour - window.first_hour


def hour_number(time: datetime) -> int:
    """Hours since 1970 of a time, rounded down."""
    return (time - _EPOCH) // _HOUR


def hour_start(hour: int) -> datetime:
    """The start of an hour given in hours since 1970."""
    return _EPOCH + hour * _HOUR


def day_start(day: int) -> datetime:
    """The start of a UTC day given in days since 1970."""
    return _EPOCH + timedelta(days=day)


@lru_cache(maxsize=4096)
def day_date(day: int) -> date:
    """The date of a UTC day given in days since 1970."""
    return day_start(day).date()


def day_number(day: date) -> int:
    """Days since 1970 of a date."""
    return (day - _EPOCH.date()).days


@lru_cache(maxsize=512)
def _day_slices(first_hour: int, end_hour: int) -> Sequence[DaySlice]:
    (first, begins), (last, ends) = divmod(first_hour, DAY_HOURS), divmod(end_hour, DAY_HOURS)
    if first == last:
        return (DaySlice(first, begins, ends),) if begins < ends else ()
    head = (DaySlice(first, begins, DAY_HOURS),) if begins else ()
    tail = (DaySlice(last, 0, ends),) if ends else ()
    return (*head, *map(_whole_day, range(first + bool(begins), last)), *tail)


@lru_cache(maxsize=4096)
def _whole_day(day: int) -> DaySlice:
    return DaySlice(day, 0, DAY_HOURS)
