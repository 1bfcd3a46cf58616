"""The parameters of reports: REST's routes use them, and GraphQL's arguments have their descriptions."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, get_args

from graph.access import ID_PATTERN
from graph.errors import InvalidQueryError
from graph.http.parameters import Parameter, read_time
from graph.reports.answers import Resolution
from graph.reports.operators import DEFAULT_OPERATORS, MAX_OPERATORS
from graph.reports.windows import (
    EXAMPLE,
    LAST_PATTERN,
    LATER_EXAMPLE,
    PERIODS,
    Granularity,
    WindowRequest,
    parse_time,
)

_TIME: Final = {"type": "string", "format": "date-time"}
_ID: Final = {"type": "string", "pattern": ID_PATTERN}

FROM: Final = Parameter(
    "from", {**_TIME, "examples": [EXAMPLE]}, "Start of the window, snapped down to an hour. Default: today, 00:00 UTC."
)
TO: Final = Parameter(
    "to", {**_TIME, "examples": [LATER_EXAMPLE]}, "End of the window, excluded, snapped up to an hour. Default: now."
)
NAMED: Final = Parameter(
    "window",
    {"enum": list(PERIODS)},
    "In place of `from` and `to`: a day or month of `timezone`; today and thisMonth last until now.",
)
LAST: Final = Parameter(
    "last",
    {"type": "string", "pattern": f"^{LAST_PATTERN}$", "examples": ["24h", "7d"]},
    "In place of `from` and `to`: the last hours or days (of 24 hours) until now, as in 24h or 7d.",
)
TIMEZONE: Final = Parameter(
    "timezone",
    {"type": "string", "examples": ["Asia/Kabul"]},
    "Goes with `window` or `last`: the IANA timezone whose days and months `window` means. Default: UTC.",
)
WINDOW: Final = (FROM, TO, NAMED, LAST, TIMEZONE)
AS_OF: Final = Parameter(
    "asOf",
    {**_TIME, "examples": ["2026-10-09T06:00:00Z"]},
    "What the report said at this instant, before later changes. All days of the window were closed then. With it, a "
    "series has days (`daily`), and `dataAsOf` and `completeUntil` are null, as they are not kept.",
)
GRANULARITY: Final = Parameter(
    "granularity",
    {"enum": list(get_args(Granularity)), "default": "hourly"},
    "Whether `series` has hours or UTC days; totals are the same with both.",
)
RESOLUTION: Final = Parameter(
    "resolution",
    {"enum": list(get_args(Resolution)), "default": "1h"},
    "Length of a point. Hours are counted; 1m and 5m are interpolated: each hour's counts, divided evenly.",
)
OPERATOR_ID: Final = Parameter("operatorId", _ID, "Only this operator's messages; excludes accountId.")
ACCOUNT_ID: Final = Parameter("accountId", _ID, "Only this account's messages; excludes operatorId.")
LIMIT: Final = Parameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_OPERATORS, "default": DEFAULT_OPERATORS},
    f"How many operators, from 1 to {MAX_OPERATORS}.",
)
OPERATOR: Final = Parameter("id", {**_ID, "examples": ["op-1"]}, "The operator's id.", location="path")
ACCOUNT: Final = Parameter("id", {**_ID, "examples": ["acc-1"]}, "The account's id.", location="path")

DAY: Final = Parameter(
    "day", {"type": "string", "format": "date", "examples": ["2026-10-01"]}, "The UTC day.", location="path"
)


def read_day(text: str) -> date:
    """A UTC day. Raises InvalidQueryError."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise InvalidQueryError("day must be a UTC day, such as 2026-10-01.") from None


def read_as_of(text: str | None) -> datetime | None:
    """The instant of which a report is requested; None: now. Raises InvalidWindowError."""
    return None if text is None else parse_time(AS_OF.name, text)


def read_window(values: Mapping[str, str]) -> WindowRequest:
    """The requested window. `resolve_window` checks it."""
    named, last, timezone = (values.get(each.name) for each in (NAMED, LAST, TIMEZONE))
    return WindowRequest(read_time(FROM, values), read_time(TO, values), named, last, timezone)
