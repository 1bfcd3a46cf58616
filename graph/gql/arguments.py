"""The arguments of the fields of Query, each described once."""

from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Annotated, TypeAlias, cast

import strawberry

from graph.errors import InvalidWindowError
from graph.gql.types import DateTime, Interval
from graph.reports.answers import Resolution as ResolutionName
from graph.reports.top_operators import MOST_OPERATORS
from graph.reports.trend_answer import TrendGranularity
from graph.reports.windows import EXAMPLE, LATER_EXAMPLE, LONGEST, LONGEST_TREND, Window, parse_window
from graph.reports.windows import Granularity as GranularityName


@strawberry.enum(
    description="The length of a point of a `series`: an hour, or a UTC day (of the first and the last day, what "
    "the window has of it). Totals are the same at either."
)
class Granularity(Enum):
    """Members hold REST's names."""

    HOURLY = strawberry.enum_value("hourly", description="Hours.")
    DAILY = strawberry.enum_value("daily", description="UTC days.")


@strawberry.enum(
    description="The length of a point of a throughput. Hours are counted; finer points are interpolated: each "
    "hour's counts, shared out evenly."
)
class Resolution(Enum):
    """Members hold REST's names."""

    ONE_MINUTE = strawberry.enum_value("1m", description="A minute, interpolated.")
    FIVE_MINUTES = strawberry.enum_value("5m", description="Five minutes, interpolated.")
    ONE_HOUR = strawberry.enum_value("1h", description="An hour, as it was counted.")


@strawberry.enum(
    name="TrendGranularity",
    description="The length of a point of a trend: a UTC day or month (of the first and last, what the window has).",
)
class TrendBy(Enum):
    """Members hold the report's names."""

    DAILY = strawberry.enum_value("daily", description="A UTC day.")
    MONTHLY = strawberry.enum_value("monthly", description="A UTC month.")


From: TypeAlias = Annotated[
    DateTime | None,
    strawberry.argument(
        name="from", description="Start of the window, snapped down to an hour. Default: today, 00:00 UTC."
    ),
]
To: TypeAlias = Annotated[
    DateTime | None,
    strawberry.argument(description="End of the window, excluded, snapped up to an hour. Default: now."),
]
WindowOf: TypeAlias = Annotated[
    Interval | None,
    strawberry.argument(description="The window, snapped outward to whole hours. Default: today, 00:00 UTC until now."),
]
By: TypeAlias = Annotated[Granularity, strawberry.argument(description="Whether `series` has hours or days.")]
TrendPoints: TypeAlias = Annotated[TrendBy, strawberry.argument(description="Whether `series` has days or months.")]
Id: TypeAlias = Annotated[
    strawberry.ID, strawberry.argument(name="id", description="1-64 characters of A-Z a-z 0-9 _ . : -")
]
OperatorId: TypeAlias = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only this operator's messages; excludes accountId."),
]
AccountId: TypeAlias = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only this account's messages; excludes operatorId."),
]
Of: TypeAlias = Annotated[Resolution, strawberry.argument(description="The length of a point.")]
Limit: TypeAlias = Annotated[int, strawberry.argument(description=f"From 1 to {MOST_OPERATORS}.")]


def read_window(from_: str | None, to: str | None, longest: timedelta = LONGEST) -> Window:
    """As REST reads it; InvalidWindowError."""
    if from_ is None or to is None:
        return parse_window(from_, to, datetime.now(UTC), longest)
    return _between(from_, to, longest)


@lru_cache(maxsize=256)
def _between(from_: str, to: str, longest: timedelta) -> Window:
    """Read to tell the cost of a request, and again to answer it; no clock has a part in it."""
    return parse_window(from_, to, datetime.now(UTC), longest)


def read_long_window(from_: str | None, to: str | None) -> Window:
    """Of a trend; InvalidWindowError."""
    return read_window(from_, to, LONGEST_TREND)


def read_interval(interval: str | None) -> Window:
    """The window of an Interval; InvalidWindowError."""
    if interval is None:
        return read_window(None, None)
    start, slash, end = interval.partition("/")
    if not slash:
        raise InvalidWindowError(f"window must be two times with a slash between, such as {EXAMPLE}/{LATER_EXAMPLE}.")
    return read_window(start, end)


def read_granularity(by: Granularity) -> GranularityName:
    """As REST names it."""
    return cast(GranularityName, by.value)


def read_resolution(resolution: Resolution) -> ResolutionName:
    """As REST names it."""
    return cast(ResolutionName, resolution.value)


def read_trend_granularity(by: TrendBy) -> TrendGranularity:
    """As the report names it."""
    return cast(TrendGranularity, by.value)
