"""Cells, the rows of reports, and the totals of a slice's cells."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from graph.reports import latency
from graph.reports.answers import Point
from graph.reports.latency import Samples
from graph.reports.metrics import Counts, total
from schema.money import money

Amounts: TypeAlias = Mapping[str, int]  # millionths, by currency, without the reporting currency
NO_AMOUNTS: Final[Amounts] = MappingProxyType({})
P95: Final = 95


class Cell(NamedTuple):
    """One row of either store: an hour or day of a subject. Several cells of the same hour or day add up."""

    id: str
    hour: int  # the first, in hours since 1970
    counts: Counts
    amounts: Amounts = NO_AMOUNTS
    samples: Samples = latency.EMPTY


class SliceTotals(NamedTuple):
    """The totals of one or more slices of a subject, and the points of a series that show them, one per slice."""

    counts: Counts
    amounts: Amounts
    samples: Samples
    points: Sequence[Point]
    has_rows: bool


def make_totals(starts: datetime, cells: Sequence[Cell]) -> SliceTotals:
    """The totals of some cells; their point begins at `starts`."""
    if len(cells) == 1:
        _, _, counts, amounts, samples = cells[0]
    else:
        counts = total(cell.counts for cell in cells)
        amounts = add_amounts(cell.amounts for cell in cells)
        samples = latency.merge([cell.samples for cell in cells])
    point = make_point(starts, counts, latency.percentile(samples, P95))
    return SliceTotals(counts, amounts, samples, (point,), bool(cells))


def add_totals(parts: Sequence[SliceTotals]) -> SliceTotals:
    """The totals of neighbouring slices together."""
    return SliceTotals(
        total(each.counts for each in parts),
        add_amounts(each.amounts for each in parts),
        latency.merge([each.samples for each in parts]),
        [point for each in parts for point in each.points],
        any(each.has_rows for each in parts),
    )


def make_point(time: datetime, counts: Counts, p95: int | None) -> Point:
    """One point of a series; `p95` in ms."""
    return Point(
        time=time,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        delivery_rate=counts.delivery_rate,
        error_rate=counts.error_rate,
        total_cost=money(counts.cost),
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        peak_tps=counts.peak_tps,
    )


def add_amounts(parts: Iterable[Amounts]) -> Amounts:
    """The sum of all parts, by currency."""
    sums: dict[str, int] = {}
    for part in parts:
        for currency, amount in part.items():
            sums[currency] = sums.get(currency, 0) + amount
    return sums
