"""Windows that move with time: the last hours or days, and today, yesterday, this or the last month of a zone. Pure.

Whoever is asked for one gives the instant of the request: it alone decides which two times are meant.
"""

import re
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, get_args

from graph.errors import InvalidWindowError, shown
from graph.reports.windows import LONGEST, Window, check_length, parse_window, snapped_window
from graph.reports.zone_days import add_months, date_of, day_begins
from infra.zones import TIMEZONES, timezone

Period = Literal["today", "yesterday", "thisMonth", "lastMonth"]

PERIODS: Final[tuple[Period, ...]] = get_args(Period)
LAST_PATTERN: Final = "[1-9][0-9]{0,5}[hd]"
LAST_RULE: Final = "a whole number of hours or days, such as 24h or 7d"

_LAST: Final = re.compile(LAST_PATTERN)
_MOMENT: Final = timedelta(microseconds=1)


class AskedWindow(NamedTuple):
    """A window as a report is asked for it, in one of three ways; None: not given.

    `from_` and `to`: RFC 3339 times; `window`: a Period of `timezone` (UTC); `last`: a length, as in `7d`.
    """

    from_: str | None = None
    to: str | None = None
    window: str | None = None
    last: str | None = None
    timezone: str | None = None


def resolve_window(asked: AskedWindow, now: datetime, longest: timedelta = LONGEST) -> Window:
    """What it is at `now`, snapped outward to whole hours; InvalidWindowError says in one sentence what is wrong."""
    _check_given_once(asked)
    zone = "UTC" if asked.timezone is None else asked.timezone
    if zone not in TIMEZONES:
        raise InvalidWindowError(f"timezone must be an IANA timezone, such as Asia/Kabul, not {shown(zone)}.")
    if asked.last is not None:
        length = read_length(asked.last)
        if length is None:
            raise InvalidWindowError(f"last must be {LAST_RULE}, not {shown(asked.last)}.")
        check_length(length, longest)
        return snapped_window(now - length, now, longest)
    if asked.window is not None:
        if asked.window not in PERIODS:
            raise InvalidWindowError(f"window must be one of {', '.join(PERIODS)}, not {shown(asked.window)}.")
        return snapped_window(*period(asked.window, zone, now), longest)
    return parse_window(asked.from_, asked.to, now, longest)


def read_length(text: str) -> timedelta | None:
    """`24h` is 24 hours, `7d` is 7 times 24 hours, in any zone; None for what is no length."""
    if not _LAST.fullmatch(text):
        return None
    number = int(text[:-1])
    return timedelta(hours=number) if text[-1] == "h" else timedelta(days=number)


def period(name: Period, zone_name: str, now: datetime) -> tuple[datetime, datetime]:
    """From its first instant, in UTC, until its end, or until `now` while it lasts.

    Today is empty in its first instant. Yesterday is the day before, also where clocks left out a whole day.
    """
    zone = timezone(zone_name)
    today = date_of(now, zone)
    begin, month = day_begins(today, zone), day_begins(today.replace(day=1), zone)
    match name:
        case "today":
            return begin, now
        case "yesterday":
            return day_begins(date_of(begin - _MOMENT, zone), zone), begin
        case "thisMonth":
            return month, now
        case "lastMonth":
            return day_begins(add_months(today.replace(day=1), -1), zone), month


def _check_given_once(asked: AskedWindow) -> None:
    ways = {"from": asked.from_, "to": asked.to, "window": asked.window, "last": asked.last}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1 and given != ["from", "to"]:
        raise InvalidWindowError(
            f"A window is given by from and to, by window or by last; {' and '.join(given)} do not go together."
        )
    if asked.timezone is not None and asked.window is None and asked.last is None:
        raise InvalidWindowError("timezone is for window and last; times in from and to have an offset of their own.")
