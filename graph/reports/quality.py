"""The quality of points: those that are not complete are PARTIAL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from msgspec.structs import replace

from graph.reports.answers import Point, TrendGranularity, UsageDay
from graph.reports.windows import Granularity, Window, day_start

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

P = TypeVar("P", Point, UsageDay)


def mark_partial(
    points: Sequence[P], window: Window, granularity: Granularity | TrendGranularity, horizon: datetime | None
) -> Sequence[P]:
    """Copies of points that the window cuts or that end after the horizon, as PARTIAL; the others as they are.

    A point is an hour, a UTC day or a UTC month of the window. `horizon`: as Completeness has it.
    """
    match granularity:
        case "hourly":
            return _partial_from(points, _complete(window.from_, HOUR, len(points), horizon))
        case "daily":
            return _partial_days(points, window, horizon)
        case "monthly":
            return [each if _is_whole_month(each, window, horizon) else _partial(each) for each in points]


def _is_whole_month(point: P, window: Window, horizon: datetime | None) -> bool:
    assert isinstance(point, Point)
    ends = (point.time + 31 * DAY).replace(day=1)
    return window.from_ <= point.time and ends <= window.to and horizon is not None and ends <= horizon


def _partial_days(points: Sequence[P], window: Window, horizon: datetime | None) -> Sequence[P]:
    first, last = window.slices[0], window.slices[-1]
    complete = _complete(day_start(first.day), DAY, len(points), horizon)
    if not last.is_whole_day:
        complete = min(complete, len(points) - 1)
    found = _partial_from(points, complete)
    if not first.is_whole_day:
        found[0] = _partial(found[0])
    return found


def _complete(starts: datetime, length: timedelta, count: int, horizon: datetime | None) -> int:
    """The number of complete points: those of `count` points from `starts` on that end by the horizon."""
    return 0 if horizon is None else min(max((horizon - starts) // length, 0), count)


def _partial_from(points: Sequence[P], complete: int) -> list[P]:
    found = list(points)
    found[complete:] = [_partial(point) for point in points[complete:]]
    return found


def _partial(point: P) -> P:
    return replace(point, quality="PARTIAL")
