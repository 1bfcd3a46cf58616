"""The figures of a window, added up from the totals of its slices."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graph.access import Subject
from graph.reports import latency
from graph.reports.answers import Answer, Point
from graph.reports.metrics import Counts
from graph.reports.reading.cells import P95, Amounts, SliceTotals
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window
from schema.figures import COUNTERS
from schema.money import money


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


def counter_fields(answer: type[Answer], counts: Counts) -> Mapping[str, Any]:
    """The counters for which an answer has fields, by their column names."""
    return {
        figure.column: getattr(counts, name)
        for name, figure in COUNTERS.items()
        if figure.column in answer.__struct_fields__
    }


def report_fields(answer: type[Answer], currency: str, figures: Figures) -> Mapping[str, Any]:
    """The fields that the answers of a summary, an operator and a trend share."""
    counts, amounts, p95, series, _ = figures
    return {
        **counter_fields(answer, counts),
        "pending_messages": counts.pending,  # messages without a final report, not the number of PENDING reports
        "delivery_rate": counts.delivery_rate,
        "total_cost": money(counts.cost),
        "costs_by_currency": costs_by_currency(currency, counts, amounts),
        "avg_latency_ms": counts.average_latency,
        "p95_latency_ms": p95,
        "low_sample": counts.low_sample,
        "series": series,
    }


def costs_by_currency(currency: str, counts: Counts, amounts: Amounts) -> Mapping[str, str]:
    """Money by currency: the reporting currency first, the others by name."""
    others = {other: money(amount) for other, amount in sorted(amounts.items())}
    return {currency: money(counts.cost), **others}
