"""Windows of time: read from text, checked, and snapped outward to whole UTC hours."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct

from graph.errors import InvalidWindowError
from schema.history import RECENT

Granularity = Literal["hourly", "daily"]

LONGEST: Final = RECENT
LONGEST_TREND: Final = timedelta(days=3660)
EXAMPLE: Final = "2026-10-01T12:00:00Z"
LATER_EXAMPLE: Final = "2026-10-08T12:00:00Z"
DAY_HOURS: Final = 24
# The last day and month of a window have an end, too, that a datetime can hold.
LATEST: Final = datetime(9999, 12, 1, tzinfo=UTC)

FIRST_DAY, LAST_DAY = (limit.toordinal() - date(1970, 1, 1).toordinal() for limit in (date.min, date.max))

_HOUR: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.IGNORECASE | re.ASCII,
)


class Window(Struct, frozen=True, dict=True, rename={"from_": "from"}):
    """A half-open span of whole UTC hours."""

    from_: Annotated[datetime, Meta(description="First hour of the window, included (UTC).")]
    to: Annotated[datetime, Meta(description="End of the window, excluded (UTC).")]

    @property
    def first_hour(self) -> int:
        """The window's first hour, in hours since 1970."""
        return hour_number(self.from_)

    @property
    def end_hour(self) -> int:
        """The hour after the window's last, in hours since 1970."""
        return hour_number(self.to)

    @cached_property
    def slices(self) -> Sequence["Slice"]:
        """The UTC days that the window touches, in order, with the hours that it has of each."""
        return slices(self.first_hour, self.end_hour)

    @cached_property
    def hours(self) -> Sequence["Slice"]:
        """The window's hours, in order."""
        return [
            Slice(hour // DAY_HOURS, hour % DAY_HOURS, hour % DAY_HOURS + 1)
            for hour in range(self.first_hour, self.end_hour)
        ]


class Slice(NamedTuple):
    """The hours `first <= hour < end` of a UTC day, the day in days since 1970."""

    day: int
    first: int
    end: int

    @property
    def first_hour(self) -> int:
        """In hours since 1970."""
        return self.day * DAY_HOURS + self.first

    @property
    def end_hour(self) -> int:
        """The hour after the last, in hours since 1970."""
        return self.day * DAY_HOURS + self.end

    @property
    def starts(self) -> datetime:
        return hour_start(self.first_hour)

    @property
    def is_whole_day(self) -> bool:
        return self.end - self.first == DAY_HOURS


def series_length(window: Window, granularity: Granularity) -> int:
    """How many points a series has."""
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


def day_date(day: int) -> date:
    """The date of a UTC day given in days since 1970."""
    return day_start(day).date()


def day_number(day: date) -> int:
    """Days since 1970 of a date."""
    return (day - _EPOCH.date()).days


def parse_window(from_: str | None, to: str | None, now: datetime, longest: timedelta = LONGEST) -> Window:
    """The window between two RFC 3339 times; by default from today's 00:00 UTC until `now`.

    InvalidWindowError says in one sentence what is wrong with it.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight if from_ is None else parse_time("from", from_)
    end = now if to is None else parse_time("to", to)
    if end < start or (end == start and to is not None):
        raise InvalidWindowError(f"to ({end.isoformat()}) must be later than from ({start.isoformat()}).")
    return snapped_window(start, end, longest)


def snapped_window(start: datetime, end: datetime, longest: timedelta = LONGEST) -> Window:
    """The window between two times, `start` not after `end`; InvalidWindowError for one that is too long or late."""
    check_length(end - start, longest)
    if end > LATEST:
        raise InvalidWindowError(f"to must not be later than {LATEST.isoformat()}.")
    return _snapped(start, end)


def check_length(length: timedelta, longest: timedelta) -> None:
    """InvalidWindowError for a window that is longer than is answered."""
    if length > longest:
        raise InvalidWindowError(f"The window is {written(length)} long; at most {longest.days} days are answered.")


def written(span: timedelta) -> str:
    """A span of time as people write it, rounded up to a minute: `90 days 2 h 1 min`."""
    minutes = -(-span // timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def parse_time(name: str, text: str) -> datetime:
    """An RFC 3339 time in UTC; InvalidWindowError names the parameter it came in."""
    if not _RFC3339.fullmatch(text):
        raise InvalidWindowError(f"{name} must be an RFC 3339 time with an offset, such as {EXAMPLE}.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidWindowError(f"{name} is not a time that exists: {text}.") from None


def _snapped(start: datetime, end: datetime) -> Window:
    """Outward to whole hours, and at least one: at midnight, today has begun with its first hour."""
    first = start.replace(minute=0, second=0, microsecond=0)
    last = end.replace(minute=0, second=0, microsecond=0)
    return Window(first, last if first < last == end else last + _HOUR)


@lru_cache(maxsize=512)
def slices(first_hour: int, end_hour: int) -> Sequence[Slice]:
    """The UTC days between two hours since 1970, in order, with the hours that lie between of each."""
    (first, begins), (last, ends) = divmod(first_hour, DAY_HOURS), divmod(end_hour, DAY_HOURS)
    if first == last:
        return (Slice(first, begins, ends),) if begins < ends else ()
    head = (Slice(first, begins, DAY_HOURS),) if begins else ()
    tail = (Slice(last, 0, ends),) if ends else ()
    return (*head, *map(_whole_day, range(first + bool(begins), last)), *tail)


@lru_cache(maxsize=4096)
def _whole_day(day: int) -> Slice:
    return Slice(day, 0, DAY_HOURS)
