"""billing-service's sums: cost and number of charges minus refunds, by UTC day and currency. Pure: no I/O."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from demo import billing
from demo.wire import Message

# The cost of one day is deliberately wrong, so that reconciliation finds a divergence.
WRONG_AFTER: Final = timedelta(days=3)  # from the first day to the wrong one
WRONG_FACTOR: Final = Decimal("1.0025")


class Total(NamedTuple):
    """One row of `billing.daily_totals`."""

    day: date
    currency: str
    cost: Decimal
    messages: int


class _Charge(msgspec.Struct, rename="camel"):
    event_id: str
    total_cost: Decimal
    currency: str
    status: str
    billed_at: datetime


_decode: Final = msgspec.json.Decoder(_Charge).decode


class DailyTotals:
    """Sums charges. Copies count once, bad events not at all: billing-service has its own ledger."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._sums: dict[tuple[date, str], tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))

    def add(self, message: Message) -> None:
        """Adds the charge of a message. Ignores other messages."""
        if message.subject != billing.SUBJECT:
            return
        try:
            charge = _decode(message.data)
        except msgspec.DecodeError:
            return
        if charge.event_id.endswith(".bad") or charge.event_id in self._known:
            return
        self._known.add(charge.event_id)
        sign = -1 if charge.status == "REFUNDED" else 1
        self._add(Total(charge.billed_at.astimezone(UTC).date(), charge.currency, sign * charge.total_cost, sign))

    def take(self) -> list[Total]:
        """Removes and returns the sums since the last call."""
        sums = [Total(*key, *values) for key, values in sorted(self._sums.items())]
        self._sums.clear()
        return sums

    def give_back(self, totals: Iterable[Total]) -> None:
        """Adds sums that `take` returned and that were not written."""
        for total in totals:
            self._add(total)

    def _add(self, total: Total) -> None:
        cost, messages = self._sums[total.day, total.currency]
        self._sums[total.day, total.currency] = cost + total.cost, messages + total.messages


def misbooked(totals: list[Total]) -> list[Total]:
    """The totals with a wrong cost on one day."""
    wrong = min(total.day for total in totals) + WRONG_AFTER if totals else None
    return [
        total._replace(cost=round(total.cost * WRONG_FACTOR, 6)) if total.day == wrong else total for total in totals
    ]
