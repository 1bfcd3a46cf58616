"""The expected answers of reports, summed by brute force from all rows. It shares no code with the reports."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.graph.support.store import DAY, HOUR, Row, iso, refunds
from tests.support.bins import percentile_disc

Window = tuple[datetime, datetime]
MICRO = Decimal("0.000001")


def rate(part: int, whole: int) -> float | None:
    return float((Decimal(part) / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP)) if whole > 0 else None


def money(amount: Decimal) -> str:
    return f"{amount.quantize(MICRO):f}"


class Sum:
    """Sums over some rows."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = list(rows)
        self.messages = sum(row.messages for row in self.rows)
        self.refunded = refunds(self.rows)
        self.delivered = sum(row.delivered for row in self.rows)
        self.failed = sum(row.failed for row in self.rows)
        self.segments = sum(row.segments for row in self.rows)
        self.cost = sum((row.cost for row in self.rows), Decimal(0))
        self.peak = max((row.peak for row in self.rows), default=0)
        self.samples = [sample for row in self.rows for sample in row.samples]

    @property
    def base(self) -> int:
        """The denominator of rates."""
        return max(self.messages, self.delivered + self.failed)

    @property
    def costs(self) -> dict[str, str]:
        others: Counter[str] = Counter()
        for row in self.rows:
            for currency, cost in row.costs.items():
                others[currency] += cost  # type: ignore[assignment]  # a Counter adds any number
        return {"USD": money(self.cost)} | {currency: money(Decimal(cost)) for currency, cost in others.items()}

    @property
    def average_latency(self) -> int | None:
        if not self.samples:
            return None
        return int((Decimal(sum(self.samples)) / len(self.samples)).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def exact_p95(self) -> int | None:
        return percentile_disc(self.samples, 95) if self.samples else None

    @property
    def average_cost(self) -> str | None:
        if self.messages <= 0:
            return None
        average = (self.cost / self.messages).quantize(MICRO, ROUND_HALF_UP)
        return f"{average + 0:f}"  # no "-0.000000"

    def maturity(self) -> dict[str, Any]:
        """The number of missing terminal reports."""
        pending = max(self.messages - self.delivered - self.failed, 0)
        provisional = pending > 0 and Decimal(pending) / self.base >= Decimal("0.01")
        return {"pendingShare": rate(pending, self.base), "provisional": provisional}

    def figures(self) -> dict[str, Any]:
        """The figures that all series and totals share, except the percentile, which is approximate."""
        return {
            "totalMessages": self.messages,
            "deliveredMessages": self.delivered,
            "failedMessages": self.failed,
            "pendingMessages": max(self.messages - self.delivered - self.failed, 0),
            "deliveryRate": rate(self.delivered, self.base),
            "totalCost": money(self.cost),
            "avgLatencyMs": self.average_latency,
            "peakTps": self.peak,
        }


def of(rows: Iterable[Row], scope: str, id_: str, window: Window) -> Sum:
    return Sum(row for row in rows if (row.scope, row.id) == (scope, id_) and window[0] <= row.hour < window[1])


def snapped(start: datetime, end: datetime) -> Window:
    """A window snapped outward to whole hours."""
    return _hour(start), end if end == _hour(end) else _hour(end) + HOUR


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def buckets(window: Window, length: timedelta) -> Sequence[tuple[datetime, Window]]:
    """The starts of the hours or days of a window, each with the part of it that lies in the window."""
    start, end = window
    first = start if length == HOUR else start.replace(hour=0)
    count = -(-(end - first) // length)
    starts = [first + number * length for number in range(count)]
    return [(each, (max(each, start), min(each + length, end))) for each in starts]


def quality(start: datetime, part: Window, length: timedelta, complete: datetime) -> str:
    """The quality of a bucket that the window covers by `part`."""
    return "ACTUAL" if part == (start, start + length) and start + length <= complete else "PARTIAL"


def summary(rows: Sequence[Row], window: Window, length: timedelta, complete: datetime) -> dict[str, Any]:
    """The expected answer, without percentiles and dataAsOf."""
    whole = of(rows, "PLATFORM", "platform", window)
    active = {row.id for row in rows if row.scope == "ACCOUNT" and window[0] <= row.hour < window[1]}
    return {
        "window": {"from": iso(window[0]), "to": iso(window[1])},
        **whole.figures(),
        "refundedMessages": whole.refunded,
        "costsByCurrency": whole.costs,
        "activeAccounts": len(active),
        "lowSample": len(whole.samples) < 100,
        **whole.maturity(),
        "completeUntil": None,
        "series": points(rows, "PLATFORM", "platform", window, length, complete),
    }


def performance(
    rows: Sequence[Row], operator: str, window: Window, length: timedelta, complete: datetime
) -> dict[str, Any]:
    """The expected answer, without percentiles and dataAsOf."""
    whole = of(rows, "OPERATOR", operator, window)
    return {
        "operatorId": operator,
        "window": {"from": iso(window[0]), "to": iso(window[1])},
        **whole.figures(),
        "refundedMessages": whole.refunded,
        "errorRate": rate(whole.failed, whole.base),
        "costsByCurrency": whole.costs,
        "lowSample": len(whole.samples) < 100,
        **whole.maturity(),
        "completeUntil": None,
        "series": points(rows, "OPERATOR", operator, window, length, complete),
    }


def points(
    rows: Sequence[Row], scope: str, id_: str, window: Window, length: timedelta, complete: datetime
) -> list[dict[str, Any]]:
    series = []
    for start, part in buckets(window, length):
        each = of(rows, scope, id_, part)
        judged = {"errorRate": rate(each.failed, each.base), "quality": quality(start, part, length, complete)}
        series.append({"time": iso(start), **each.figures(), **judged})
    return series


def usage(rows: Sequence[Row], account: str, window: Window, complete: datetime) -> dict[str, Any]:
    """The expected answer, without dataAsOf."""
    whole = of(rows, "ACCOUNT", account, window)
    days = [(start, part, of(rows, "ACCOUNT", account, part)) for start, part in buckets(window, DAY)]
    return {
        "accountId": account,
        "window": {"from": iso(window[0]), "to": iso(window[1])},
        "messagesSent": whole.messages,
        "refundedMessages": whole.refunded,
        "messagesDelivered": whole.delivered,
        "messagesFailed": whole.failed,
        "deliveryRate": rate(whole.delivered, whole.base),
        "segments": whole.segments,
        "totalCost": money(whole.cost),
        "costsByCurrency": whole.costs,
        "avgCostPerMessage": whole.average_cost,
        **whole.maturity(),
        "completeUntil": None,
        "dailyBreakdown": [
            {
                "date": start.date().isoformat(),
                "sent": day.messages,
                "delivered": day.delivered,
                "failed": day.failed,
                "segments": day.segments,
                "cost": money(day.cost),
                "quality": quality(start, part, DAY, complete),
            }
            for start, part, day in days
        ],
    }
