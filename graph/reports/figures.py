"""From the parts of a subject to the figures of a window."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from graph.access import Subject
from graph.reports import latency
from graph.reports.answers import Answer, Point
from graph.reports.metrics import Counts, total
from graph.reports.reading.parts import P95, Amounts, Part, add_amounts
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window
from schema.figures import COUNTERS
from schema.money import money


class Figures(NamedTuple):
    """A window's sums and its points; `amounts` as in parts.Amounts, `p95` in ms; `has_rows`: anything was counted."""

    counts: Counts
    amounts: Amounts
    p95: int | None
    series: Sequence[Point]
    has_rows: bool


async def read_figures(
    snapshot: Snapshot, subjects: Sequence[Subject], window: Window, granularity: Granularity
) -> Sequence[Figures]:
    """The figures of each subject of one scope, in order. Sums are made of days, whatever a series shows."""
    days = await snapshot.parts(subjects, window.slices, "daily")
    shown = days if granularity == "daily" else await snapshot.parts(subjects, window.hours, "hourly")
    return [
        make_figures(parts, [part.point for part in of_series]) for parts, of_series in zip(days, shown, strict=True)
    ]


def make_figures(parts: Sequence[Part], series: Sequence[Point]) -> Figures:
    """All parts together."""
    return Figures(
        total(part.counts for part in parts),
        add_amounts(part.amounts for part in parts),
        latency.percentile(latency.merge([part.samples for part in parts]), P95),
        series,
        any(part.has_rows for part in parts),
    )


def counted(answer: type[Answer], counts: Counts) -> Mapping[str, Any]:
    """The counters that an answer has fields for, by the names that they have in the tables."""
    return {
        figure.column: getattr(counts, name)
        for name, figure in COUNTERS.items()
        if figure.column in answer.__struct_fields__
    }


def shown(answer: type[Answer], currency: str, figures: Figures) -> Mapping[str, Any]:
    """What the answers of a summary, an operator and a trend have in common."""
    counts, amounts, p95, series, _ = figures
    return {
        **counted(answer, counts),
        "pending_messages": counts.pending,  # what is missing, and not how many PENDING reports there were
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
