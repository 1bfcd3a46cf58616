"""Windows that move with time: the last hours or days, and today, yesterday, this or last month of a zone. Pure.

Callers pass the instant of the request, which alone decides the two times of a window.
"""

import re
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, get_args

from graph.errors import InvalidWindowError, shown
from graph.reports.windows.parsing import LONGEST, check_length, parse_window, snapped_window
from graph.reports.windows.window import Window
from graph.reports.windows.zone_days import add_months, date_of, day_begins
from infra.zones import TIMEZONES, timezone

Period = Literal["today", "yesterday", "thisMonth", "lastMonth"]

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
LAST_PATTERN: Final = "[1-9][0-9]{0,5}[hd]"
LAST_RULE: Final = "a whole number of hours or days, such as 24h or 7d"

_LAST: Final = re.compile(LAST_PATTERN)
_MICROSECOND: Final = timedelta(microseconds=1)


class WindowRequest(NamedTuple):
    """A window as a caller requests it, in one of three forms. None: not given.

    `from_` and `to`: RFC 3339 times; `window`: a Period of `timezone` (UTC); `last`: a length, as in `7d`.
    """

    from_: str | None = None
    to: str | None = None
    window: str | None = None
    last: str | None = None
    timezone: str | None = None


def resolve_window(request: WindowRequest, now: datetime, longest: timedelta = LONGEST) -> Window:
    """The requested window at `now`, snapped outward to whole hours.

    Raises InvalidWindowError, with one sentence that says what is wrong.
    """
    _check_one_form(request)
    zone = "UTC" if request.timezone is None else request.timezone
    if zone not in TIMEZONES:
        raise InvalidWindowError(f"timezone must be an IANA timezone, such as Asia/Kabul, not {shown(zone)}.")
    if request.last is not None:
        length = read_length(request.last)
        if length is None:
            raise InvalidWindowError(f"last must be {LAST_RULE}, not {shown(request.last)}.")
        check_length(length, longest)
        return snapped_window(now - length, now, longest)
    if request.window is not None:
        if request.window not in PERIODS:
            raise InvalidWindowError(f"window must be one of {', '.join(PERIODS)}, not {shown(request.window)}.")
        return snapped_window(*period(request.window, zone, now), longest)
    return parse_window(request.from_, request.to, now, longest)


def read_length(text: str) -> timedelta | None:
    """The length that a text such as `24h` or `7d` means; None if it is not one. A day is 24 hours in any zone."""
    if not _LAST.fullmatch(text):
        return None
    number = int(text[:-1])
    return timedelta(hours=number) if text[-1] == "h" else timedelta(days=number)


def period(name: Period, zone_name: str, now: datetime) -> tuple[datetime, datetime]:
    """The start and end of a period, in UTC. A period that has not ended yet ends at `now`.

    At its first instant, today is empty. Where clocks skipped a whole day, yesterday is the day before that.
    """
    zone = timezone(zone_name)
    today = date_of(now, zone)
    begin, month = day_begins(today, zone), day_begins(today.replace(day=1), zone)
    match name:
        case "today":
            return begin, now
        case "yesterday":
            return day_begins(date_of(begin - _MICROSECOND, zone), zone), begin
        case "thisMonth":
            return month, now
        case "lastMonth":
            return day_begins(add_months(today.replace(day=1), -1), zone), month


def _check_one_form(request: WindowRequest) -> None:
    values = {"from": request.from_, "to": request.to, "window": request.window, "last": request.last}
    given = [name for name, value in values.items() if value is not None]
    if len(given) > 1 and given != ["from", "to"]:
        raise InvalidWindowError(
            f"A window is given by from and to, by window or by last; {' and '.join(given)} do not go together."
        )
    if request.timezone is not None and request.window is None and request.last is None:
        raise InvalidWindowError("timezone is for window and last; times in from and to have an offset of their own.")
