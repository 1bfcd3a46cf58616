"""The figures of a window, added up from the totals of its slices."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

from graph.access import Subject
from graph.answer import Answer
from graph.reports import latency
from graph.reports.answers import Point, TrendGranularity
from graph.reports.metrics import Counts
from graph.reports.quality import mark_partial
from graph.reports.reading.cells import P95, Amounts, SliceTotals
from graph.reports.reading.reader import Counted
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window
from schema.figures import COUNTERS
from schema.money import money

# The fields of answers that counts have: counters by their column, and what follows from them.
_FIELDS: Final[Mapping[str, Callable[[Counts], Any]]] = {
    **{figure.column: attrgetter(name) for name, figure in COUNTERS.items()},
    "pending_messages": attrgetter("pending"),  # messages without a final report, not the number of PENDING reports
    "avg_latency_ms": attrgetter("average_latency"),
    **{
        name: attrgetter(name) for name in ("pending_share", "provisional", "delivery_rate", "error_rate", "low_sample")
    },
}


class Figures(NamedTuple):
    """The sums of a window and its series. `amounts` as in cells.Amounts; `p95` in ms.

    `has_rows`: whether anything was counted.
    """

    counts: Counts
    amounts: Amounts
    p95: int | None
    series: Sequence[Point]
    has_rows: bool


async def read_figures(
    snapshot: Snapshot, subjects: Sequence[Subject], window: Window, granularity: Granularity
) -> Sequence[Figures]:
    """The figures of each subject of one kind, in order. Sums come from days, also for a series of hours."""
    sums = await snapshot.sums(subjects, window.slices)
    if granularity == "daily":
        return [as_figures(each, each.points) for each in sums]
    hours = await snapshot.totals(subjects, window.hours, "hourly")
    return [
        as_figures(each, [hour.points[0] for hour in of_subject]) for each, of_subject in zip(sums, hours, strict=True)
    ]


def as_figures(sums: SliceTotals, series: Sequence[Point]) -> Figures:
    """The figures that follow from totals."""
    return Figures(sums.counts, sums.amounts, latency.percentile(sums.samples, P95), series, sums.has_rows)


def count_fields(answer: type[Answer], currency: str, counts: Counts, amounts: Amounts) -> Mapping[str, Any]:
    """Those fields of an answer that follow from counts and from the cost in other currencies, by name."""
    fields = {name: read(counts) for name, read in _count_fields(answer)}
    return {**fields, "total_cost": money(counts.cost), "costs_by_currency": _costs(currency, counts, amounts)}


def report_fields(
    answer: type[Answer],
    currency: str,
    figures: Figures,
    window: Window,
    granularity: Granularity | TrendGranularity,
    counted: Counted,
) -> Mapping[str, Any]:
    """The fields that the answers of a summary, an operator and a trend share, by name."""
    return {
        **count_fields(answer, currency, figures.counts, figures.amounts),
        "window": window,
        "p95_latency_ms": figures.p95,
        "data_as_of": counted.data_as_of,
        "complete_until": counted.complete_until,
        "series": mark_partial(figures.series, window, granularity, counted.horizon),
    }


@cache
def _count_fields(answer: type[Answer]) -> Sequence[tuple[str, Callable[[Counts], Any]]]:
    return [(name, read) for name, read in _FIELDS.items() if name in answer.__struct_fields__]


def _costs(currency: str, counts: Counts, amounts: Amounts) -> Mapping[str, str]:
    """Money by currency: the reporting currency first, the others by name."""
    others = {other: money(amount) for other, amount in sorted(amounts.items())}
    return {currency: money(counts.cost), **others}
