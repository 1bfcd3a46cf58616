"""From the days of a subject to the figures of a window."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from graph.reports import latency
from graph.reports.answers import Point
from graph.reports.metrics import Counts, money, total
from graph.reports.pieces import P95, Amounts, HourlyDay, add_amounts
from graph.reports.windows import Granularity, Slice

Days: TypeAlias = Sequence[tuple[Slice, HourlyDay]]


class Figures(NamedTuple):
    """A window's sums; `amounts` as in pieces.Amounts, `p95` in ms."""

    counts: Counts
    amounts: Amounts
    p95: int | None


def figures(days: Days) -> Figures:
    """The sums over all days, each cut to the window."""
    parts = [day.part(piece) for piece, day in days]
    return Figures(
        total(part.counts for part in parts),
        add_amounts(part.amounts for part in parts),
        latency.percentile(latency.merge([part.samples for part in parts]), P95),
    )


def series(days: Days, granularity: Granularity) -> Sequence[Point]:
    """A point for every hour or day of the window."""
    if granularity == "daily":
        return [day.part(piece).point for piece, day in days]
    return [point for piece, day in days for point in day.points(piece)]


def costs_by_currency(currency: str, counts: Counts, amounts: Amounts) -> Mapping[str, str]:
    """Money by currency: the reporting currency first, the others by name."""
    others = {other: money(amount) for other, amount in sorted(amounts.items())}
    return {currency: money(counts.cost), **others}
