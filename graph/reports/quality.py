"""Completeness of answers: completeUntil, and which points are PARTIAL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar

from msgspec.structs import replace

from graph.reports.answers import (
    AccountUsage,
    Answer,
    OperatorPerformance,
    Point,
    Summary,
    TopOperators,
    UsageDay,
)
from graph.reports.trend_answer import Trend
from graph.reports.windows import Granularity, Window, day_start
from graph.validation import current_validation

# The time until which everything that had arrived in the streams is counted; None: not known.
CompleteUntil: TypeAlias = Callable[[], datetime | None]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

A = TypeVar("A", bound=Answer)
P = TypeVar("P", Point, UsageDay)


@dataclass(frozen=True, slots=True)
class Completeness:
    """How far the streams were counted before an answer was read."""

    until: datetime | None
    now: datetime

    def horizon(self, data_as_of: datetime | None) -> datetime | None:
        """Events before this time are counted, if they have arrived. Without `until`, it is the newest event."""
        if self.until is not None:
            return self.until
        return None if data_as_of is None else min(data_as_of, self.now)


def read_completeness(until: CompleteUntil) -> Completeness:
    """The completeness now. Read it before the rows: then it holds for these, too.

    Declares it for the validator of the answer.
    """
    completeness = Completeness(until(), datetime.now(UTC))
    if validation := current_validation():
        validation.horizon = completeness.horizon
    return completeness


def with_quality(answer: A, completeness: Completeness, granularity: Granularity = "hourly") -> A:
    """A copy of the answer with `completeUntil`, and with its incomplete points PARTIAL."""
    whole: Any = answer
    match whole:
        case Summary() | OperatorPerformance():
            series = mark_partial(whole.series, whole.window, granularity, completeness.horizon(whole.data_as_of))
            whole = replace(whole, complete_until=completeness.until, series=series)
        case Trend():
            mark = mark_partial_months if whole.granularity == "monthly" else mark_partial_days
            series = mark(whole.series, whole.window, completeness.horizon(whole.data_as_of))
            whole = replace(whole, complete_until=completeness.until, series=series)
        case AccountUsage():
            days = mark_partial_days(whole.daily_breakdown, whole.window, completeness.horizon(whole.data_as_of))
            whole = replace(whole, complete_until=completeness.until, daily_breakdown=days)
        case TopOperators():
            operators = [with_quality(each, completeness, granularity) for each in whole.operators]
            whole = replace(whole, complete_until=completeness.until, operators=operators)
        case _:
            whole = replace(whole, complete_until=completeness.until)
    qualified: A = whole
    return qualified


def mark_partial(
    points: Sequence[P], window: Window, granularity: Granularity, horizon: datetime | None
) -> Sequence[P]:
    """Points of hours or UTC days. Those that the window cuts or that end after the horizon are PARTIAL."""
    if granularity == "hourly":
        return _partial_from(points, _complete(window.from_, HOUR, len(points), horizon))
    return mark_partial_days(points, window, horizon)


def mark_partial_months(points: Sequence[Point], window: Window, horizon: datetime | None) -> Sequence[Point]:
    """Points of UTC months. Those that the window cuts or that end after the horizon are PARTIAL."""
    return [point if _is_whole_month(point.time, window, horizon) else _partial(point) for point in points]


def _is_whole_month(starts: datetime, window: Window, horizon: datetime | None) -> bool:
    ends = (starts + 31 * DAY).replace(day=1)
    return window.from_ <= starts and ends <= window.to and horizon is not None and ends <= horizon


def mark_partial_days(points: Sequence[P], window: Window, horizon: datetime | None) -> Sequence[P]:
    """Points of UTC days. Those that the window cuts or that end after the horizon are PARTIAL."""
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
