"""What a function says shall be written: additive cells for PostgreSQL, or facts for ClickHouse."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

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
    """What billing events add to a cell; costs are in millionths, by currency. Refunds make them negative."""

    messages: int = 0
    segments: int = 0
    costs: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: "Billed") -> None:
        self.messages += other.messages
        self.segments += other.segments
        for currency, cost in other.costs.items():
            self.costs[currency] += cost


@dataclass(slots=True)
class Delivered:
    """What delivery reports add to a cell; latency is that of final reports, in ms, by histogram bin."""

    delivered: int = 0
    failed: int = 0
    pending: int = 0
    latency_sum: int = 0
    peak_tps: int = 0
    histogram: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: "Delivered") -> None:
        self.delivered += other.delivered
        self.failed += other.failed
        self.pending += other.pending
        self.latency_sum += other.latency_sum
        self.peak_tps = max(self.peak_tps, other.peak_tps)
        for bin_, count in other.histogram.items():
            self.histogram[bin_] += count


@dataclass(frozen=True, slots=True)
class Writes:
    """The effect of one batch. Empty mappings write nothing."""

    billed: Mapping[CellKey, Billed] = field(default_factory=dict)
    delivered: Mapping[CellKey, Delivered] = field(default_factory=dict)
    accounts: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """The rows of one batch, by column: instants for times, millionths for money. Writing them again adds nothing.

    `touched`: the cells of `cube` that they change, as tenant and the instant at which the cell begins.
    """

    table: Table
    columns: Mapping[str, Sequence[Any]]
    cube: Cube
    touched: Set[tuple[str, int]]
