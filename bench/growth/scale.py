"""The sizes of a run, and what was measured at each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.options import option


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes that are compared, and how often."""

    parts: tuple[str, ...] = option("What is measured: events, requests, queries")
    accounts: tuple[int, ...] = option("Accounts of the events")
    ids: tuple[int, ...] = option("Ids in the dedup ledger, ascending")
    events: int = option("Events per measurement")
    days: tuple[int, ...] = option("Days of history behind a report, of 100 accounts")
    report_accounts: tuple[int, ...] = option("Accounts behind a report, with 7 days of history")
    asks: int = option("Requests per report")
    facts: tuple[int, ...] = option("Facts behind a query, ascending")
    queries: int = option("Queries of one kind per round")
    rounds: int = option("Rounds of events and of queries; their medians count")
    seed: int = option("Seed of events and facts")


class Cost(NamedTuple):
    """The cost of one thing at each size of what grows."""

    name: str
    unit: str
    grows: str
    sizes: Sequence[int]
    costs: Sequence[float]
    should_be_flat: bool = True

    @property
    def ratio(self) -> float:
        return self.costs[-1] / self.costs[0] if self.costs[0] else math.nan  # too short to measure
