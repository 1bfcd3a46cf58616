"""From the days of a subject to the figures of a window."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from graph.reports import latency
from graph.reports.answers import Point
from graph.reports.metrics import Counts, money, total
from graph.reports.pieces import P95, Amounts, HourlyDay, RolledDay, Sum, add_amounts
from graph.reports.reading import Days
from graph.reports.rolled import DAYS, parts
from graph.reports.sources import HOURS, Spans, Want
from graph.reports.windows import DAY_HOURS, Granularity, Slice, Window

Day: TypeAlias = HourlyDay | RolledDay
Wants: TypeAlias = tuple[Want[Any], ...]  # of Day


class Figures(NamedTuple):
    """A window's sums and its points; `amounts` as in pieces.Amounts, `p95` in ms; `has_rows`: anything was counted."""

    counts: Counts
    amounts: Amounts
    p95: int | None
    series: Sequence[Point]
    has_rows: bool


def figure_spans(window: Window, granularity: Granularity) -> Spans:
    """What the figures of a window are made from: hours where a series shows them, else whole days where it can be."""
    if granularity == "hourly":
        return ((HOURS, window.slices),)
    return parts(HOURS, DAYS, window)


def figures(days: Days[Day], granularity: Granularity) -> Figures:
    """All days of `figure_spans`, each cut to the window: together, and one by one or hour by hour."""
    whole = _together(days.whole)
    before, after = ([day.part(piece) for piece, day in cut] for cut in (days.before, days.after))
    sums = [*(part.sum for part in before), whole.sum, *(part.sum for part in after)]
    points = [*(part.point for part in before), *whole.points, *(part.point for part in after)]
    return Figures(
        total(each.counts for each in sums),
        add_amounts(each.amounts for each in sums),
        latency.percentile(latency.merge([each.samples for each in sums]), P95),
        points if granularity == "daily" else list(_hourly(days)),
        whole.has_rows or any(day.has_rows for _, day in (*days.before, *days.after)),
    )


class _Whole(NamedTuple):
    sum: Sum
    points: Sequence[Point]
    has_rows: bool


@lru_cache(maxsize=256)
def _together(days: tuple[Day, ...]) -> _Whole:
    """Whole days: what windows have in common that differ in their first and last hours only."""
    parts = [day.whole for day in days]
    sum_ = Sum(
        total(part.sum.counts for part in parts),
        latency.merge([part.sum.samples for part in parts]),
        add_amounts(part.sum.amounts for part in parts),
    )
    return _Whole(sum_, [part.point for part in parts], any(day.has_rows for day in days))


def _hourly(days: Days[Day]) -> Iterator[Point]:
    whole = ((Slice(day.day, 0, DAY_HOURS), day) for day in days.whole)
    for piece, day in (*days.before, *whole, *days.after):
        assert isinstance(day, HourlyDay)
        yield from day.points(piece)


def costs_by_currency(currency: str, counts: Counts, amounts: Amounts) -> Mapping[str, str]:
    """Money by currency: the reporting currency first, the others by name."""
    others = {other: money(amount) for other, amount in sorted(amounts.items())}
    return {currency: money(counts.cost), **others}
