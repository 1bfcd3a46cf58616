"""From the days of a subject to the figures of a window."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from graph.identity import Subject
from graph.reports import latency
from graph.reports.answers import Point
from graph.reports.metrics import Counts, money, total
from graph.reports.pieces import P95, Amounts, HourlyDay, RolledDay, Sum, add_amounts
from graph.reports.rolled import DAYS, parts
from graph.reports.sources import HOURS, Want
from graph.reports.windows import Granularity, Slice, Window

Day: TypeAlias = HourlyDay | RolledDay
Days: TypeAlias = Sequence[tuple[Slice, Day]]
Wants: TypeAlias = tuple[Want[Any], ...]  # of Day


class Figures(NamedTuple):
    """A window's sums and its points; `amounts` as in pieces.Amounts, `p95` in ms."""

    counts: Counts
    amounts: Amounts
    p95: int | None
    series: Sequence[Point]


def figure_wants(subject: Subject, window: Window, granularity: Granularity) -> Wants:
    """What the figures of a window are made from: hours where a series shows them, else whole days where it can be."""
    if granularity == "hourly":
        return (Want(HOURS, subject, window),)
    return parts(HOURS, DAYS, subject, window)


def figures(days: Days, granularity: Granularity) -> Figures:
    """All days of `figure_wants`, each cut to the window: together, and one by one or hour by hour."""
    cuts = [day.part(piece) for piece, day in days]
    whole = _together(tuple(day for piece, day in days if piece.is_whole_day))
    edges = (0, -1) if len(days) > 1 else (0,)
    sums = [whole, *(cuts[edge].sum for edge in edges if not days[edge][0].is_whole_day)]
    return Figures(
        total(each.counts for each in sums),
        add_amounts(each.amounts for each in sums),
        latency.percentile(latency.merge([each.samples for each in sums]), P95),
        [cut.point for cut in cuts] if granularity == "daily" else _hourly(days),
    )


@lru_cache(maxsize=256)
def _together(days: tuple[Day, ...]) -> Sum:
    """Whole days: what windows have in common that differ in their first and last hours only."""
    sums = [day.whole.sum for day in days]
    return Sum(
        total(each.counts for each in sums),
        latency.merge([each.samples for each in sums]),
        add_amounts(each.amounts for each in sums),
    )


def _hourly(days: Days) -> Sequence[Point]:
    points: list[Point] = []
    for piece, day in days:
        assert isinstance(day, HourlyDay)
        points += day.points(piece)
    return points


def costs_by_currency(currency: str, counts: Counts, amounts: Amounts) -> Mapping[str, str]:
    """Money by currency: the reporting currency first, the others by name."""
    others = {other: money(amount) for other, amount in sorted(amounts.items())}
    return {currency: money(counts.cost), **others}
