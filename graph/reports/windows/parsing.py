"""Windows from RFC 3339 times, checked and snapped outward to whole UTC hours."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from graph.errors import InvalidWindowError
from graph.reports.windows.window import Window
from schema.history import RECENT

LONGEST: Final = RECENT
LONGEST_TREND: Final = timedelta(days=3660)
EXAMPLE: Final = "2026-10-01T12:00:00Z"
LATER_EXAMPLE: Final = "2026-10-08T12:00:00Z"
# A datetime can still hold the end of a window's last day and month.
LAST_END: Final = datetime(9999, 12, 1, tzinfo=UTC)

_HOUR: Final = timedelta(hours=1)
_RFC3339: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.IGNORECASE | re.ASCII,
)


def parse_window(from_: str | None, to: str | None, now: datetime, longest: timedelta = LONGEST) -> Window:
    """The window between two RFC 3339 times. By default it lasts from today's 00:00 UTC until `now`.

    Raises InvalidWindowError, with one sentence that says what is wrong.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight if from_ is None else parse_time("from", from_)
    end = now if to is None else parse_time("to", to)
    if end < start or (end == start and to is not None):
        raise InvalidWindowError(f"to ({end.isoformat()}) must be later than from ({start.isoformat()}).")
    return snapped_window(start, end, longest)


def snapped_window(start: datetime, end: datetime, longest: timedelta = LONGEST) -> Window:
    """The window between two times (`start <= end`). Raises InvalidWindowError if it is too long or too late."""
    check_length(end - start, longest)
    if end > LAST_END:
        raise InvalidWindowError(f"to must not be later than {LAST_END.isoformat()}.")
    return _snapped(start, end)


def check_length(length: timedelta, longest: timedelta) -> None:
    """Raises InvalidWindowError if a window is longer than `longest`."""
    if length > longest:
        raise InvalidWindowError(f"The window is {_in_words(length)} long; at most {longest.days} days are answered.")


def parse_time(name: str, text: str) -> datetime:
    """An RFC 3339 time in UTC. Raises InvalidWindowError, which names the parameter."""
    if not _RFC3339.fullmatch(text):
        raise InvalidWindowError(f"{name} must be an RFC 3339 time with an offset, such as {EXAMPLE}.")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidWindowError(f"{name} is not a time that exists: {text}.") from None


def _in_words(duration: timedelta) -> str:
    """A duration as people write it, rounded up to a minute: `90 days 2 h 1 min`."""
    minutes = -(-duration // timedelta(minutes=1))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def _snapped(start: datetime, end: datetime) -> Window:
    """At least one hour: at midnight, the window `today` has its first hour already."""
    first = start.replace(minute=0, second=0, microsecond=0)
    last = end.replace(minute=0, second=0, microsecond=0)
    return Window(first, last if first < last == end else last + _HOUR)
