"""The figures of a window, added up from the totals of its slices."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graph.access import Subject
from graph.reports import latency
from graph.reports.answers import Answer, Point
from graph.reports.metrics import Counts, total
from graph.reports.reading.cells import P95, Amounts, SliceTotals, add_amounts
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
    days = await snapshot.totals(subjects, window.slices, "daily")
    series = days if granularity == "daily" else await snapshot.totals(subjects, window.hours, "hourly")
    return [add_up(totals, [each.point for each in of_series]) for totals, of_series in zip(days, series, strict=True)]


def add_up(totals: Sequence[SliceTotals], series: Sequence[Point]) -> Figures:
    """The figures of all slices together."""
    return Figures(
        total(each.counts for each in totals),
        add_amounts(each.amounts for each in totals),
        latency.percentile(latency.merge([each.samples for each in totals]), P95),
        series,
        any(each.has_rows for each in totals),
    )


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
