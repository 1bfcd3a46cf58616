"""Counters that add up, and the figures that are derived from their sums. Exact: integers only."""

from collections.abc import Iterable
from operator import call, itemgetter
from typing import Final

from schema.figures import COUNTERS, FIGURES, Named, Totals
from schema.money import money
from schema.rounding import half_up, ratio

FEW_SAMPLES: Final = 100
FINAL_PERCENT: Final = 1  # of the messages may be without a report once rates are final


_counters: Final = itemgetter(*(figure.column for figure in COUNTERS.values()))
_TOTALS: Final = tuple(figure.total for figure in FIGURES.values())


class Counts(Totals):
    """What was counted in some hours of one scope, and what follows from it."""

    __slots__ = ()

    @classmethod
    def of(cls, row: Named, cost: int) -> "Counts":
        """A row of either store, by name; its cost is in millionths already."""
        return cls._make((cost, *_counters(row)))

    @property
    def pending(self) -> int:
        """Messages without a final report; never below zero, as late reports may outnumber messages."""
        return max(self.messages - self.delivered - self.failed, 0)

    @property
    def base(self) -> int:
        """What rates are shares of: the messages, or the reports when there are more of them."""
        return max(self.messages, self.delivered + self.failed)

    @property
    def delivery_rate(self) -> float | None:
        return ratio(self.delivered, self.base)

    @property
    def error_rate(self) -> float | None:
        return ratio(self.failed, self.base)

    @property
    def pending_share(self) -> float | None:
        return ratio(self.pending, self.base)

    @property
    def provisional(self) -> bool:
        """Whether enough reports are missing to change the rates."""
        return self.pending > 0 and 100 * self.pending >= FINAL_PERCENT * self.base

    @property
    def average_latency(self) -> int | None:
        """Whole milliseconds over the terminal reports."""
        return half_up(self.latency_sum, self.latency_samples) if self.latency_samples else None

    @property
    def average_cost(self) -> str | None:
        """Money per message; None where refunds leave no message to share it."""
        return money(half_up(self.cost, self.messages)) if self.messages > 0 else None

    @property
    def low_sample(self) -> bool:
        return self.latency_samples < FEW_SAMPLES


NOTHING: Final = Counts()


def total(parts: Iterable[Counts]) -> Counts:
    """The counts of all parts together: sums, and the highest peak."""
    every = tuple(parts)
    if len(every) == 1:
        return every[0]
    columns = tuple(zip(*every, strict=True))
    return Counts._make(map(call, _TOTALS, columns)) if columns else NOTHING
