"""The results of functions: additive cells for PostgreSQL, or facts for ClickHouse."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar

from schema.facts import Cube, FactTable

Scope = Literal["PLATFORM", "OPERATOR", "ACCOUNT"]
PLATFORM_ID: Final = "platform"


class CellKey(NamedTuple):
    """The key of a row of metrics_hourly. `hour`: the instant at which the hour begins."""

    scope: Scope
    scope_id: str
    hour: int


@dataclass(slots=True)
class Billed:
    """The effect of billing events on a cell.

    `messages` and `segments` are billed less refunded ones; `refunded` counts REFUNDED events. `costs` (millionths) and
    `events` are by currency.
    """

    messages: int = 0
    segments: int = 0
    refunded: int = 0
    costs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    events: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: "Billed", times: int = 1) -> None:
        """Adds `other`; subtracts it if `times` is -1."""
        self.messages += times * other.messages
        self.segments += times * other.segments
        self.refunded += times * other.refunded
        _add(self.costs, other.costs, times)
        _add(self.events, other.events, times)

    def __bool__(self) -> bool:
        """Whether any counter differs from 0."""
        return any((self.messages, self.segments, self.refunded, *self.costs.values(), *self.events.values()))


@dataclass(slots=True)
class Delivered:
    """The effect of delivery reports on a cell. `latency_sum` (ms) and `histogram` (by bin) are of final reports."""

    delivered: int = 0
    failed: int = 0
    pending_reports: int = 0
    latency_sum: int = 0
    peak_tps: int = 0
    histogram: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def latency_samples(self) -> int:
        """The number of final reports: each has a latency."""
        return self.delivered + self.failed

    def add(self, other: "Delivered", times: int = 1) -> None:
        """Adds `other`; subtracts it if `times` is -1, which sets a peak to 0 unless it is above the other's."""
        self.delivered += times * other.delivered
        self.failed += times * other.failed
        self.pending_reports += times * other.pending_reports
        self.latency_sum += times * other.latency_sum
        if times > 0 or self.peak_tps > other.peak_tps:
            self.peak_tps = max(self.peak_tps, other.peak_tps)
        else:
            self.peak_tps = 0
        _add(self.histogram, other.histogram, times)

    def __bool__(self) -> bool:
        """Whether any counter differs from 0."""
        return any(
            (
                self.delivered,
                self.failed,
                self.pending_reports,
                self.latency_sum,
                self.peak_tps,
                *self.histogram.values(),
            )
        )


K = TypeVar("K")


def _add(amounts: dict[K, int], others: Mapping[K, int], times: int) -> None:
    for key, amount in others.items():
        amounts[key] += times * amount


@dataclass(frozen=True, slots=True)
class Writes:
    """The effect of one batch on PostgreSQL. `accounts`: the ids of accounts that had an event."""

    billed: Mapping[CellKey, Billed] = field(default_factory=dict)
    delivered: Mapping[CellKey, Delivered] = field(default_factory=dict)
    accounts: Set[str] = frozenset()


def difference(new: Writes, old: Writes) -> Writes:
    """The writes that turn the effect of `old` into that of `new`. Accounts of `old` stay known.

    A stored peak is a maximum and cannot be subtracted: a cell has one only if it is above the old one.
    """
    return Writes(
        _difference(new.billed, old.billed, Billed), _difference(new.delivered, old.delivered, Delivered), new.accounts
    )


C = TypeVar("C", Billed, Delivered)


def _difference(new: Mapping[CellKey, C], old: Mapping[CellKey, C], empty: type[C]) -> Mapping[CellKey, C]:
    cells: dict[CellKey, C] = defaultdict(empty)
    for key, cell in new.items():
        cells[key].add(cell)
    for key, cell in old.items():
        cells[key].add(cell, -1)
    return {key: cell for key, cell in cells.items() if cell}


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of one batch, by column: instants for times, millionths for money. Writing them again changes nothing.

    `touched`: the cells of `cube` that they change, as (tenant, instant at which the cell begins).
    """

    table: FactTable
    columns: Mapping[str, Sequence[Any]]
    cube: Cube
    touched: Set[tuple[str, int]]
