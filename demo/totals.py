"""What billing-service adds up: the cost and number of its charges, less refunds, by UTC day and currency. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from demo import billing
from demo.wire import Message

# One day, and how far billing's billing_ledger are off then: reconciliation has something to find.
OFF_AFTER: Final = timedelta(days=3)  # since the first day
OFF_BY: Final = Decimal("1.0025")


class Total(NamedTuple):
    """A row of `billing.daily_totals`."""

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


class Totals:
    """Adds up charges. Copies count once, spoiled copies not at all: billing-service keeps its own ledger."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._sums: dict[tuple[date, str], tuple[Decimal, int]] = defaultdict(lambda: (Decimal(0), 0))

    def add(self, message: Message) -> None:
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
        """What was added since the last time."""
        taken = [Total(*key, *sums) for key, sums in sorted(self._sums.items())]
        self._sums.clear()
        return taken

    def give_back(self, taken: Iterable[Total]) -> None:
        """What was taken in vain."""
        for total in taken:
            self._add(total)

    def _add(self, total: Total) -> None:
        cost, messages = self._sums[total.day, total.currency]
        self._sums[total.day, total.currency] = cost + total.cost, messages + total.messages


def misbooked(totals: list[Total]) -> list[Total]:
    """The totals with the mistake of one day."""
    wrong = min(total.day for total in totals) + OFF_AFTER if totals else None
    return [total._replace(cost=round(total.cost * OFF_BY, 6)) if total.day == wrong else total for total in totals]
