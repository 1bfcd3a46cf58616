"""The arguments of the fields of Query, each described once."""

import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache, wraps
from typing import Annotated, Any, Final, TypeAlias, TypeVar, cast

import strawberry

from graph.errors import InvalidWindowError, shown
from graph.gql.types import DateTime, Interval
from graph.http.parameters import Parameter
from graph.reports import parameters as p
from graph.reports.answers import Resolution as ResolutionName
from graph.reports.trend_answer import TrendGranularity
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
    """The argument that is REST's parameter; `more` is what GraphQL alone has to say of it."""
    return strawberry.argument(name=declared.name, description=f"{declared.description} {more}".strip())


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


From: TypeAlias = Annotated[DateTime | None, argument(p.FROM)]
To: TypeAlias = Annotated[DateTime | None, argument(p.TO)]
WindowOf: TypeAlias = Annotated[
    Interval | None,
    argument(p.NAMED, "Or an interval: two times with a slash between, snapped outward to whole hours."),
]
Last: TypeAlias = Annotated[str | None, argument(p.LAST)]
Timezone: TypeAlias = Annotated[str | None, argument(p.TIMEZONE)]
By: TypeAlias = Annotated[Granularity, argument(p.GRANULARITY)]
TrendPoints: TypeAlias = Annotated[TrendBy, strawberry.argument(description="Whether `series` has days or months.")]
OperatorOf: TypeAlias = Annotated[strawberry.ID, argument(p.OPERATOR, ID_RULE)]
AccountOf: TypeAlias = Annotated[strawberry.ID, argument(p.ACCOUNT, ID_RULE)]
OperatorId: TypeAlias = Annotated[strawberry.ID | None, argument(p.OPERATOR_ID)]
AccountId: TypeAlias = Annotated[strawberry.ID | None, argument(p.ACCOUNT_ID)]
Of: TypeAlias = Annotated[Resolution, argument(p.RESOLUTION)]
Limit: TypeAlias = Annotated[int, argument(p.LIMIT)]


def windowed(resolver: Callable[..., Awaitable[Resolved]]) -> Callable[..., Awaitable[Resolved]]:
    """A resolver whose parameter `asked` (a WindowRequest) is five arguments of its field."""
    signature = inspect.signature(resolver)
    parameters = [
        each for name, own in signature.parameters.items() for each in (_WINDOW if name == "asked" else (own,))
    ]

    @wraps(resolver)
    async def with_window(**given: Any) -> Resolved:
        asked = WindowRequest(*(given.pop(each.name) for each in _WINDOW))
        return await resolver(asked=asked, **given)

    ordered = sorted(parameters, key=lambda each: each.default is not inspect.Parameter.empty)
    with_window.__signature__ = signature.replace(parameters=ordered)  # type: ignore[attr-defined]  # read by inspect
    return with_window


def _from_window(
    from_: From = None, to: To = None, window: WindowOf = None, last: Last = None, timezone: Timezone = None
) -> None:
    """Only its parameters matter: those of WindowRequest, in its order."""


_WINDOW: Final = tuple(inspect.signature(_from_window).parameters.values())


def read_window(asked: WindowRequest, now: datetime, longest: timedelta = LONGEST) -> Window:
    """As REST reads it, an interval being `from` and `to`; InvalidWindowError."""
    if asked.window is not None and asked.window not in PERIODS:
        start, slash, end = asked.window.partition("/")
        if not slash:
            raise InvalidWindowError(
                f"window must be one of {', '.join(PERIODS)}, or two times with a slash between, such as "
                f"{EXAMPLE}/{LATER_EXAMPLE}, not {shown(asked.window)}."
            )
        if asked.from_ is None and asked.to is None and asked.last is None:
            asked = WindowRequest(start, end, timezone=asked.timezone)
    return _resolved(asked, None if asked.from_ and asked.to else now, longest)


@lru_cache(maxsize=256)
def _resolved(asked: WindowRequest, now: datetime | None, longest: timedelta) -> Window:
    """Read to tell the cost of a request, and again to answer it; without `now`, no clock has a part in it."""
    return resolve_window(asked, now or EPOCH, longest)


def read_long_window(asked: WindowRequest, now: datetime) -> Window:
    """Of a trend; InvalidWindowError."""
    return read_window(asked, now, LONGEST_TREND)


def read_granularity(by: Granularity) -> GranularityName:
    """As REST names it."""
    return cast(GranularityName, by.value)


def read_resolution(resolution: Resolution) -> ResolutionName:
    """As REST names it."""
    return cast(ResolutionName, resolution.value)


def read_trend_granularity(by: TrendBy) -> TrendGranularity:
    """As the report names it."""
    return cast(TrendGranularity, by.value)
