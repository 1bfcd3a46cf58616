"""Counters, their sums, and the rates that follow from these. Sums are exact: integers only."""

from collections.abc import Iterable
from operator import call, itemgetter
from typing import Final

from schema.figures import COUNTERS, FIGURES, Named, Totals
from schema.money import money
from schema.rounding import half_up, ratio

LOW_SAMPLES: Final = 100
PROVISIONAL_PERCENT: Final = 1  # from this share of messages without a final report on, rates are provisional


_counters: Final = itemgetter(*(figure.column for figure in COUNTERS.values()))
_TOTALS: Final = tuple(figure.total for figure in FIGURES.values())


class Counts(Totals):
    """The counters of some hours of one subject, and the figures that follow from them."""

    __slots__ = ()

    @classmethod
    def of(cls, row: Named, cost: int) -> "Counts":
        """The counts of a row of either store. `cost` is in millionths."""
        return cls._make((cost, *_counters(row)))

    @property
    def pending(self) -> int:
        """Messages without a final report; at least 0, although late reports may outnumber messages."""
        return max(self.messages - self.delivered - self.failed, 0)

    @property
    def base(self) -> int:
        """The denominator of rates: the messages, or the final reports if there are more of them."""
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
        """Whether so many final reports are missing that rates will still change."""
        return self.pending > 0 and 100 * self.pending >= PROVISIONAL_PERCENT * self.base

    @property
    def average_latency(self) -> int | None:
        """The mean over terminal reports, in whole ms; None without reports."""
        return half_up(self.latency_sum, self.latency_samples) if self.latency_samples else None

    @property
    def average_cost(self) -> str | None:
        """Money per message; None unless messages remain after refunds."""
        return money(half_up(self.cost, self.messages)) if self.messages > 0 else None

    @property
    def low_sample(self) -> bool:
        return self.latency_samples < LOW_SAMPLES


NOTHING: Final = Counts()


def total(parts: Iterable[Counts]) -> Counts:
    """The counts of all parts together: sums, and the highest peak."""
    rows = tuple(parts)
    if len(rows) == 1:
        return rows[0]
    columns = tuple(zip(*rows, strict=True))
    return Counts._make(map(call, _TOTALS, columns)) if columns else NOTHING
