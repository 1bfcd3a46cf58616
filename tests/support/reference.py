"""The expected content of PostgreSQL after some messages, in plain Python. Shares no code with the product."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from tests.support.bins import binned
from tests.support.validity import OUTCOMES, Bad, Event, Message, amount, parse_billing, parse_report

BILLING, DELIVERY = "billing_metrics", "delivery_metrics"
SCOPES = ("PLATFORM", "OPERATOR", "ACCOUNT")

Key: TypeAlias = tuple[str, str, datetime]  # scope, scope id, hour
CostKey: TypeAlias = tuple[str, str, datetime, str]  # scope, scope id, hour, currency
LedgerKey: TypeAlias = tuple[str, datetime, str]  # function, hour of the event, currency ("": without an amount)
Read: TypeAlias = Callable[[Message, datetime], Event]


@dataclass(slots=True)
class Row:
    """A row of metrics_hourly. `samples` are its latencies in any order."""

    total_messages: int = 0
    refunded_messages: int = 0
    delivered_messages: int = 0
    failed_messages: int = 0
    pending_messages: int = 0
    segments: int = 0
    total_cost: Decimal = Decimal("0.000000")
    peak_tps: int = 0
    samples: list[int] = field(default_factory=list)

    def columns(self) -> Mapping[str, object]:
        """The values of the table's columns, with the histogram as counts by bin."""
        return {
            "total_messages": self.total_messages,
            "refunded_messages": self.refunded_messages,
            "delivered_messages": self.delivered_messages,
            "failed_messages": self.failed_messages,
            "pending_messages": self.pending_messages,
            "segments": self.segments,
            "total_cost": self.total_cost,
            "latency_sum_ms": sum(self.samples),
            "latency_sample_count": len(self.samples),
            "peak_tps": self.peak_tps,
            "histogram": binned(self.samples),
        }


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected content. `dead_letters`: the field names in each function's dead letters, in message order.

    `counted`: what the ledger says is counted: messages, charges less refunds, refunds, and the amount of these.
    """

    metrics: Mapping[Key, Row]
    costs: Mapping[CostKey, Decimal]
    accounts: frozenset[str]
    days: frozenset[date]
    data_as_of: Mapping[str, datetime]
    claims: int
    counted: Mapping[LedgerKey, tuple[int, Decimal, int, Decimal]]
    dead_letters: Mapping[str, Sequence[str]]


def expect(
    billing: Iterable[Message], delivery: Iterable[Message], arrived: datetime, reporting_currency: str = "USD"
) -> Expected:
    """The content after these messages, which are in stream order. The order of delivery does not matter."""
    billed_events, bad_billing = _unique(billing, parse_billing, arrived)
    reports, bad_delivery = _unique(delivery, parse_report, arrived)
    metrics: dict[Key, Row] = defaultdict(Row)
    costs: dict[CostKey, Decimal] = defaultdict(lambda: Decimal("0.000000"))
    for event in billed_events:
        for key in _keys(event):
            _bill(metrics[key], costs, key, event, reporting_currency)
    for event in reports:
        for key in _keys(event):
            _report(metrics[key], event)
    both = [*billed_events, *reports]
    return Expected(
        metrics=dict(metrics),
        costs=dict(costs),
        accounts=frozenset(event.fields["accountId"] for event in both),
        days=frozenset(event.at.date() for event in both),
        data_as_of={
            name: max(event.at for event in events)
            for name, events in ((BILLING, billed_events), (DELIVERY, reports))
            if events
        },
        claims=len(both),
        counted={**_ledger(BILLING, billed_events), **_ledger(DELIVERY, reports)},
        dead_letters={BILLING: bad_billing, DELIVERY: bad_delivery},
    )


def _unique(messages: Iterable[Message], read: Read, arrived: datetime) -> tuple[list[Event], list[str]]:
    events: dict[tuple[str, datetime], Event] = {}
    bad: list[str] = []
    for message in messages:
        try:
            event = read(message, arrived)
        except Bad as verdict:
            bad.append(verdict.field)
        else:
            events.setdefault(event.identity, event)  # of copies, the first one stored counts
    return list(events.values()), bad


def _ledger(function: str, events: Iterable[Event]) -> Mapping[LedgerKey, tuple[int, Decimal, int, Decimal]]:
    sums: dict[LedgerKey, tuple[int, Decimal, int, Decimal]] = {}
    for event in events:
        key = (function, event.at.replace(minute=0, second=0, microsecond=0), event.fields.get("currency", ""))
        cost = amount(event.fields.get("totalCost", "0"))
        is_refund = event.fields.get("status") == "REFUNDED"
        messages, net, refunds, refunded = sums.get(key, (0, Decimal(0), 0, Decimal(0)))
        net += -cost if is_refund else cost
        sums[key] = (messages + 1, net, refunds + is_refund, refunded + (cost if is_refund else 0))
    return sums


def _keys(event: Event) -> Iterable[Key]:
    hour = event.at.replace(minute=0, second=0, microsecond=0)
    ids = ("platform", event.fields["operatorId"], event.fields["accountId"])
    return [(scope, id_, hour) for scope, id_ in zip(SCOPES, ids, strict=True)]


def _bill(row: Row, costs: dict[CostKey, Decimal], key: Key, event: Event, reporting_currency: str) -> None:
    sign = {"BILLED": 1, "REFUNDED": -1}[event.fields["status"]]
    cost = sign * amount(event.fields["totalCost"])
    row.total_messages += sign
    row.refunded_messages += event.fields["status"] == "REFUNDED"
    row.segments += sign * event.fields["segmentCount"]
    if event.fields["currency"] == reporting_currency:
        row.total_cost += cost
    else:
        costs[*key, event.fields["currency"]] += cost


def _report(row: Row, event: Event) -> None:
    row.peak_tps = max(row.peak_tps, event.fields["tpsSnapshot"])
    outcome = OUTCOMES[event.fields["deliveryStatus"]]
    if outcome == "pending":
        row.pending_messages += 1
        return
    row.samples.append(event.fields["latencyMs"])
    if outcome == "delivered":
        row.delivered_messages += 1
    else:
        row.failed_messages += 1
