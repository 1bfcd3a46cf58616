"""What a function says shall be written: additive cells for PostgreSQL, or facts for ClickHouse."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeVar

from schema.facts import Cube, Table

Scope = Literal["PLATFORM", "OPERATOR", "ACCOUNT"]
PLATFORM_ID: Final = "platform"


class CellKey(NamedTuple):
    """One row of metrics_hourly; `hour` is the instant at which the hour begins."""

    scope: Scope
    scope_id: str
    hour: int


@dataclass(slots=True)
class Billed:
    """What billing events add to a cell; costs are in millionths. Refunds make all but the numbers of events negative.

    `costs` and `events` are by currency; `refunded` of the events are refunds.
    """

    messages: int = 0
    segments: int = 0
    refunded: int = 0
    costs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    events: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: "Billed", times: int = 1) -> None:
        """`times` is -1 to take the other away."""
        self.messages += times * other.messages
        self.segments += times * other.segments
        self.refunded += times * other.refunded
        _add(self.costs, other.costs, times)
        _add(self.events, other.events, times)

    def __bool__(self) -> bool:
        """Whether it adds anything."""
        return any((self.messages, self.segments, self.refunded, *self.costs.values(), *self.events.values()))


@dataclass(slots=True)
class Delivered:
    """What delivery reports add to a cell; latency is that of final reports, in ms, by histogram bin."""

    delivered: int = 0
    failed: int = 0
    pending_reports: int = 0
    latency_sum: int = 0
    peak_tps: int = 0
    histogram: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def latency_samples(self) -> int:
        """Final reports: each has a latency."""
        return self.delivered + self.failed

    def add(self, other: "Delivered", times: int = 1) -> None:
        """`times` is -1 to take the other away; of a peak that is no higher than the other's, nothing is left then."""
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
        """Whether it adds anything."""
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
    """The effect of one batch. Empty mappings write nothing."""

    billed: Mapping[CellKey, Billed] = field(default_factory=dict)
    delivered: Mapping[CellKey, Delivered] = field(default_factory=dict)
    accounts: Set[str] = frozenset()


def difference(new: Writes, old: Writes) -> Writes:
    """What turns the effect of `old` into that of `new`; the events that `old` named stay known as accounts.

    A peak is a maximum, which nothing takes away: a cell has one only if it is above the old one.
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
    """The rows of one batch, by column: instants for times, millionths for money. Writing them again adds nothing.

    `touched`: the cells of `cube` that they change, as tenant and the instant at which the cell begins.
    """

    table: Table
    columns: Mapping[str, Sequence[Any]]
    cube: Cube
    touched: Set[tuple[str, int]]
