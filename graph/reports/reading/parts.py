"""Parts: what some hours of a UTC day hold together, as sums and as a point of a series."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from graph.reports import latency
from graph.reports.answers import Point
from graph.reports.latency import Samples
from graph.reports.metrics import Counts, total
from schema.money import money

Amounts: TypeAlias = Mapping[str, int]  # millionths of each currency but the reporting one
NONE: Final[Amounts] = MappingProxyType({})
P95: Final = 95


class Cell(NamedTuple):
    """One row of either store: an hour or a day of a subject, or more of it that came later."""

    id: str
    hour: int  # the first, in hours since 1970
    counts: Counts
    amounts: Amounts = NONE
    samples: Samples = latency.EMPTY


class Part(NamedTuple):
    """All cells of some hours together."""

    counts: Counts
    amounts: Amounts
    samples: Samples
    point: Point
    has_rows: bool


def make_part(starts: datetime, cells: Sequence[Cell]) -> Part:
    """The sum of some cells, shown as a point that `starts` then."""
    if len(cells) == 1:
        _, _, counts, amounts, samples = cells[0]
    else:
        counts = total(cell.counts for cell in cells)
        amounts = add_amounts(cell.amounts for cell in cells)
        samples = latency.merge([cell.samples for cell in cells])
    return Part(counts, amounts, samples, make_point(starts, counts, latency.percentile(samples, P95)), bool(cells))


def make_point(time: datetime, counts: Counts, p95: int | None) -> Point:
    """One point of a series."""
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
    """All parts together, by currency."""
    merged: dict[str, int] = {}
    for part in parts:
        for currency, amount in part.items():
            merged[currency] = merged.get(currency, 0) + amount
    return merged
