"""The expected content of ClickHouse after some messages, in plain Python. Shares no code with the product."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tests.support.validity import Bad, Event, Message, amount, parse_evaluation, parse_record, parse_report

Row: TypeAlias = tuple[Any, ...]

ROUTE = ["account_id", "operator_id", "mno", "lane", "direction", "destination_prefix", "status"]
COLUMNS: Mapping[str, Sequence[str]] = {
    "facts_dlr": ["tenant_id", "event_time", *ROUTE, "error_code", "latency_ms", "tps_snapshot"],
    "facts_cdr": [
        *("tenant_id", "event_time", *ROUTE),
        *("cdr_id", "message_id", "segment_count", "charge_amount", "currency"),
    ],
    "facts_compliance": [
        *("tenant_id", "event_time", "account_id", "mno", "lane", "verdict", "evaluation_id", "message_id"),
        *("rule_ids", "rule_names", "rule_types", "rule_actions"),
        *("rule_set_id", "rule_set_version", "evaluation_latency_ms"),
    ],
}


@dataclass(frozen=True, slots=True)
class Expected:
    """The expected content.

    `facts`: the count of each row, by table. `marks`: (cube, tenant, start of the cell).
    `searched`: (table, "", minute), the minutes to be searched for copies.
    """

    facts: Mapping[str, Counter[Row]]
    marks: frozenset[tuple[str, str, datetime]]
    searched: frozenset[tuple[str, str, datetime]]


def expect(
    reports: Iterable[Message] = (),
    records: Iterable[Message] = (),
    evaluations: Iterable[Message] = (),
    *,
    arrived: datetime,
) -> Expected:
    """The expected content after these messages. The first of an event's copies counts."""
    facts: dict[str, Counter[Row]] = {}
    marks: set[tuple[str, str, datetime]] = set()
    searched: set[tuple[str, str, datetime]] = set()
    for table, cube, messages, read, row in (
        ("facts_dlr", "cube_dlr_hourly", reports, parse_report, _report),
        ("facts_cdr", "cube_cdr_hourly", records, parse_record, _record),
        ("facts_compliance", "cube_compliance_hourly", evaluations, parse_evaluation, _evaluation),
    ):
        events = _unique(messages, read, arrived)
        facts[table] = Counter((tenant, event.at, *row(event.fields)) for tenant, event in events)
        marks |= {(cube, tenant, _hour(event.at)) for tenant, event in events}
        searched |= {(table, "", event.at.astimezone(UTC).replace(second=0, microsecond=0)) for _, event in events}
    return Expected(facts, frozenset(marks), frozenset(searched))


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _unique(
    messages: Iterable[Message], read: Callable[[Message, datetime], Event], arrived: datetime
) -> Sequence[tuple[str, Event]]:
    events: dict[Any, tuple[str, Event]] = {}
    for message in messages:
        try:
            event = read(message, arrived)
        except Bad:
            continue
        tenant = event.fields.get("tenantId") or (message.headers or {}).get("X-Tenant-Id") or "unknown"
        events.setdefault((tenant, event.identity), (tenant, event))
    return list(events.values())


def _named(fields: Mapping[str, Any], *names: str) -> Row:
    return tuple(fields.get(name) or "unknown" for name in names)


def _report(fields: Mapping[str, Any]) -> Row:
    route = _named(fields, "accountId", "operatorId", "mno", "lane", "direction", "destinationPrefix", "deliveryStatus")
    return *route, fields.get("errorCode"), fields["latencyMs"], fields["tpsSnapshot"]


def _record(fields: Mapping[str, Any]) -> Row:
    route = _named(fields, "accountId", "operatorId", "mno", "lane", "direction", "destinationPrefix", "status")
    money = amount(fields["chargeAmount"])
    return *route, fields["cdrId"], fields["messageId"], fields["segmentCount"], money, fields["currency"]


def _evaluation(fields: Mapping[str, Any]) -> Row:
    named = _named(fields, "accountId", "mno", "lane", "verdict", "evaluationId", "messageId")
    findings = [
        tuple(finding[name] for finding in fields["findings"]) for name in ("ruleId", "ruleName", "ruleType", "action")
    ]
    version = str(fields["ruleSetVersion"])
    return *named, *findings, fields["ruleSetId"], version, fields["evaluationLatencyMs"]
