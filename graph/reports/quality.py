"""How much an answer's points can be trusted: complete, still growing, or shared out."""

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

# Up to when everything that had arrived in the streams is counted; None while nobody knows.
CompleteUntil: TypeAlias = Callable[[], datetime | None]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

A = TypeVar("A", bound=Answer)
P = TypeVar("P", Point, UsageDay)


@dataclass(frozen=True, slots=True)
class Completeness:
    """What was known of the streams before an answer was read.

    `horizon`: what happened before it is counted, as far as it has arrived; what was never known to be complete is
    complete at most up to the newest event.
    """

    until: datetime | None
    now: datetime

    def horizon(self, data_as_of: datetime | None) -> datetime | None:
        if self.until is not None:
            return self.until
        return None if data_as_of is None else min(data_as_of, self.now)


def completeness(until: CompleteUntil) -> Completeness:
    """To be asked before anything is read: what is known then holds for what is read later."""
    return Completeness(until(), datetime.now(UTC))


def judged(answer: A, known: Completeness, granularity: Granularity = "hourly") -> A:
    """The answer with `completeUntil`, and with its points marked. Answers are shared, so it is another one."""
    whole: Any = answer
    match whole:
        case Summary() | OperatorPerformance():
            series = marked(whole.series, whole.window, granularity, known.horizon(whole.data_as_of))
            whole = replace(whole, complete_until=known.until, series=series)
        case Trend():
            mark = marked_months if whole.granularity == "monthly" else marked_days
            series = mark(whole.series, whole.window, known.horizon(whole.data_as_of))
            whole = replace(whole, complete_until=known.until, series=series)
        case AccountUsage():
            days = marked_days(whole.daily_breakdown, whole.window, known.horizon(whole.data_as_of))
            whole = replace(whole, complete_until=known.until, daily_breakdown=days)
        case TopOperators():
            operators = [judged(each, known, granularity) for each in whole.operators]
            whole = replace(whole, complete_until=known.until, operators=operators)
        case _:
            whole = replace(whole, complete_until=known.until)
    judged_answer: A = whole
    return judged_answer


def marked(points: Sequence[P], window: Window, granularity: Granularity, horizon: datetime | None) -> Sequence[P]:
    """Points of hours or UTC days, those PARTIAL that are cut by the window or end after the horizon."""
    if granularity == "hourly":
        return _partial_from(points, _complete(window.from_, HOUR, len(points), horizon))
    return marked_days(points, window, horizon)


def marked_months(points: Sequence[Point], window: Window, horizon: datetime | None) -> Sequence[Point]:
    """The same of UTC months."""
    return [point if _is_whole_month(point.time, window, horizon) else _partial(point) for point in points]


def _is_whole_month(starts: datetime, window: Window, horizon: datetime | None) -> bool:
    ends = (starts + 31 * DAY).replace(day=1)
    return window.from_ <= starts and ends <= window.to and horizon is not None and ends <= horizon


def marked_days(points: Sequence[P], window: Window, horizon: datetime | None) -> Sequence[P]:
    """The same of UTC days."""
    first, last = window.slices[0], window.slices[-1]
    complete = _complete(day_start(first.day), DAY, len(points), horizon)
    if not last.is_whole_day:
        complete = min(complete, len(points) - 1)
    found = _partial_from(points, complete)
    if not first.is_whole_day:
        found[0] = _partial(found[0])
    return found


def _complete(starts: datetime, length: timedelta, count: int, horizon: datetime | None) -> int:
    """How many of `count` spans from `starts` on end by the horizon."""
    return 0 if horizon is None else min(max((horizon - starts) // length, 0), count)


def _partial_from(points: Sequence[P], complete: int) -> list[P]:
    found = list(points)
    found[complete:] = [_partial(point) for point in points[complete:]]
    return found


def _partial(point: P) -> P:
    return replace(point, quality="PARTIAL")
