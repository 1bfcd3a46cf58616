"""What is true after some messages, by brute force: facts for queries and hourly rows for reports.

It shares no code with the product. Of an event's copies, the one that the stream stored first is the event.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

from schema.streams import BILLING_EVENTS, CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR, Stream
from tests.graph.support.store import Row
from tests.graph.support.warehouse_facts import Fact
from tests.prove.sent import Sent
from tests.support import reference
from tests.support.validity import Bad, Event, Message, amount, parse_evaluation, parse_record, parse_report

Parse: TypeAlias = Callable[[Message, datetime], Event]
Fields: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Truth:
    """`facts`: by dataset. `rows`: of every hour, scope and id. `as_of`: the time of the newest event."""

    facts: Mapping[str, Sequence[Fact]]
    rows: Sequence[Row]
    as_of: datetime


def truth_of(sent: Sent, now: datetime) -> Truth:
    """The truth after these messages, which the streams stored before `now`."""
    facts = {dataset: _facts(sent[stream], parse, fact, now) for dataset, (stream, parse, fact) in DATASETS.items()}
    counted = reference.expect(sent[BILLING_EVENTS], sent[SMS_DLR], now)
    return Truth(facts, hourly_rows(counted), max(counted.data_as_of.values()))


def hourly_rows(expected: reference.Expected) -> Sequence[Row]:
    """The rows of all hours, as reports read them."""
    costs: dict[reference.Key, dict[str, Decimal]] = {}
    for (*key, currency), cost in expected.costs.items():
        costs.setdefault(tuple(key), {})[currency] = cost  # type: ignore[arg-type]  # a key without its currency
    return [
        Row(
            hour=hour,
            scope=scope,
            id=id_,
            messages=row.total_messages,
            delivered=row.delivered_messages,
            failed=row.failed_messages,
            segments=row.segments,
            cost=row.total_cost,
            peak=row.peak_tps,
            samples=row.samples,
            costs=costs.get((scope, id_, hour), {}),
            pending=row.pending_messages,
            refunded=row.refunded_messages,
        )
        for (scope, id_, hour), row in expected.metrics.items()
    ]


def _facts(messages: Sequence[Message], parse: Parse, fact: Callable[[Fields], Fact], now: datetime) -> Sequence[Fact]:
    events: dict[tuple[str, datetime], Fact] = {}
    for message in messages:
        try:
            event = parse(message, now)
        except Bad:
            continue
        tenant = event.fields.get("tenantId") or (message.headers or {}).get("X-Tenant-Id") or "unknown"
        shared = _named(event.fields, "accountId", "mno", "lane") | {"at": event.at, "tenantId": tenant}
        events.setdefault(event.identity, {**shared, **fact(event.fields)})
    return list(events.values())


def _named(fields: Fields, *names: str) -> dict[str, Any]:
    return {name: fields.get(name) or "unknown" for name in names}


def _report(fields: Fields) -> Fact:
    return {
        **_named(fields, "operatorId", "direction", "destinationPrefix"),
        "status": fields["deliveryStatus"],
        "errorCode": fields.get("errorCode"),
        "latencyMs": fields["latencyMs"],
        "tps": fields["tpsSnapshot"],
    }


def _record(fields: Fields) -> Fact:
    return {
        **_named(fields, "operatorId", "direction", "destinationPrefix"),
        "status": fields["status"],
        "segments": fields["segmentCount"],
        "charge": amount(fields["chargeAmount"]),
        "currency": fields["currency"],
    }


def _evaluation(fields: Fields) -> Fact:
    return {
        "verdict": fields["verdict"],
        "ruleTypes": [finding["ruleType"] for finding in fields["findings"]],
        "evaluationMs": fields["evaluationLatencyMs"],
    }


DATASETS: Final[Mapping[str, tuple[Stream, Parse, Callable[[Fields], Fact]]]] = {
    "dlr": (SMS_DLR, parse_report, _report),
    "cdr": (CDR_EVENTS, parse_record, _record),
    "compliance": (COMPLIANCE_AUDIT, parse_evaluation, _evaluation),
}
