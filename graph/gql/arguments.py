"""The arguments of the fields of Query."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache, wraps
from typing import Annotated, Any, Final, TypeAlias, TypeVar, cast

import strawberry

from graph.errors import InvalidWindowError, shown
from graph.gql.directives import Points
from graph.gql.types import DateTime, Interval
from graph.http.parameters import Parameter
from graph.reports import parameters as p
from graph.reports.answers import Resolution as ResolutionName
from graph.reports.answers import TrendGranularity
from graph.reports.throughput import POINTS_PER_HOUR
from graph.reports.windows import (
    EXAMPLE,
    LATER_EXAMPLE,
    LONGEST,
    LONGEST_TREND,
    PERIODS,
    Window,
    WindowRequest,
    resolve_window,
)
from graph.reports.windows import Granularity as GranularityName
from schema.instants import EPOCH

Resolved = TypeVar("Resolved")


ID_RULE: Final = "1-64 characters of A-Z a-z 0-9 _ . : -"


def argument(declared: Parameter, more: str = "") -> Any:
    """The argument for a parameter of REST. `more` adds to its description."""
    return strawberry.argument(name=declared.name, description=f"{declared.description} {more}".strip())


@strawberry.enum(
    description="The length of a point of a `series`: an hour or a UTC day (the first and last day have only the "
    "hours of the window). Totals are the same with both."
)
class Granularity(Enum):
    """The values are REST's names."""

    HOURLY = strawberry.enum_value("hourly", description="Hours.", directives=[Points(per_hour=1)])
    DAILY = strawberry.enum_value("daily", description="UTC days.", directives=[Points(per_day=1)])


def _per_hour(resolution: ResolutionName) -> Points:
    return Points(per_hour=POINTS_PER_HOUR[resolution])


@strawberry.enum(
    description="The length of a point of a throughput. Hours are counted; finer points are interpolated: each "
    "hour's counts, divided evenly."
)
class Resolution(Enum):
    """The values are REST's names."""

    ONE_MINUTE = strawberry.enum_value("1m", description="A minute, interpolated.", directives=[_per_hour("1m")])
    FIVE_MINUTES = strawberry.enum_value("5m", description="Five minutes, interpolated.", directives=[_per_hour("5m")])
    ONE_HOUR = strawberry.enum_value("1h", description="An hour, as counted.", directives=[_per_hour("1h")])


@strawberry.enum(
    name="TrendGranularity",
    description="The length of a point of a trend: a UTC day or month (the first and last have only the hours of the "
    "window).",
)
class TrendBy(Enum):
    """The values are the report's names."""

    DAILY = strawberry.enum_value("daily", description="A UTC day.")
    MONTHLY = strawberry.enum_value("monthly", description="A UTC month.")


From: TypeAlias = Annotated[DateTime | None, argument(p.FROM)]
To: TypeAlias = Annotated[DateTime | None, argument(p.TO)]
WindowArgument: TypeAlias = Annotated[
    Interval | None,
    argument(p.NAMED, "Or an interval: two times with a slash between, snapped outward to whole hours."),
]
Last: TypeAlias = Annotated[str | None, argument(p.LAST)]
Timezone: TypeAlias = Annotated[str | None, argument(p.TIMEZONE)]
AsOf: TypeAlias = Annotated[DateTime | None, argument(p.AS_OF)]
GranularityOf: TypeAlias = Annotated[Granularity, argument(p.GRANULARITY)]
TrendPoints: TypeAlias = Annotated[TrendBy, strawberry.argument(description="Whether `series` has days or months.")]
OperatorOf: TypeAlias = Annotated[strawberry.ID, argument(p.OPERATOR, ID_RULE)]
AccountOf: TypeAlias = Annotated[strawberry.ID, argument(p.ACCOUNT, ID_RULE)]
OperatorId: TypeAlias = Annotated[strawberry.ID | None, argument(p.OPERATOR_ID)]
AccountId: TypeAlias = Annotated[strawberry.ID | None, argument(p.ACCOUNT_ID)]
ResolutionOf: TypeAlias = Annotated[Resolution, argument(p.RESOLUTION)]
Limit: TypeAlias = Annotated[int, argument(p.LIMIT)]


def windowed(resolver: Callable[..., Awaitable[Resolved]]) -> Callable[..., Awaitable[Resolved]]:
    """Replaces a resolver's parameter `window_request` (a WindowRequest) by five arguments of its field."""
    signature = inspect.signature(resolver)
    parameters = [
        each for name, own in signature.parameters.items() for each in (_WINDOW if name == "window_request" else (own,))
    ]

    @wraps(resolver)
    async def with_window(**arguments: Any) -> Resolved:
        window_request = WindowRequest(*(arguments.pop(each.name) for each in _WINDOW))
        return await resolver(window_request=window_request, **arguments)

    ordered = sorted(parameters, key=lambda each: each.default is not inspect.Parameter.empty)
    with_window.__signature__ = signature.replace(parameters=ordered)  # type: ignore[attr-defined]  # inspect reads it
    return with_window


def _from_window(
    from_: From = None, to: To = None, window: WindowArgument = None, last: Last = None, timezone: Timezone = None
) -> None:
    """Declares the arguments of a WindowRequest, in its order. Never called."""


_WINDOW: Final = tuple(inspect.signature(_from_window).parameters.values())


def read_window(request: WindowRequest, now: datetime, longest: timedelta = LONGEST) -> Window:
    """The requested window. Reads an interval like `from` and `to` of REST. Raises InvalidWindowError."""
    if request.window is not None and request.window not in PERIODS:
        start, slash, end = request.window.partition("/")
        if not slash:
            raise InvalidWindowError(
                f"window must be one of {', '.join(PERIODS)}, or two times with a slash between, such as "
                f"{EXAMPLE}/{LATER_EXAMPLE}, not {shown(request.window)}."
            )
        if request.from_ is None and request.to is None and request.last is None:
            request = WindowRequest(start, end, timezone=request.timezone)
    return _resolved(request, None if request.from_ and request.to else now, longest)


@lru_cache(maxsize=256)
def _resolved(request: WindowRequest, now: datetime | None, longest: timedelta) -> Window:
    """Caches a window, as it is read for the cost of a request and again for its answer.

    `now`: None if the window does not depend on the clock.
    """
    return resolve_window(request, now or EPOCH, longest)


def read_long_window(request: WindowRequest, now: datetime) -> Window:
    """The requested window of a trend. Raises InvalidWindowError."""
    return read_window(request, now, LONGEST_TREND)


def read_granularity(by: Granularity) -> GranularityName:
    """The granularity by REST's name."""
    return cast(GranularityName, by.value)


def read_resolution(resolution: Resolution) -> ResolutionName:
    """The resolution by REST's name."""
    return cast(ResolutionName, resolution.value)


def read_trend_granularity(by: TrendBy) -> TrendGranularity:
    """The granularity of a trend by the report's name."""
    return cast(TrendGranularity, by.value)
