"""The events of the platform, as msgspec structs: the fields and values that a producer may send.

Decoding drops unknown fields, so nothing outside these structs (a MSISDN, a message body) is ever stored. Times stay
text until `schema.decoding` parses them.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

MAX_INT = 2**31


def _text(pattern: str, longest: int, description: str) -> Meta:
    """The constraints of a text that `pattern` matches as a whole.

    `schema.decoding` checks all patterns of an event together. msgspec would search for each alone, which costs more
    than the rest of decoding.
    """
    return Meta(min_length=1, max_length=longest, description=description, extra={"pattern": pattern})


Id = Annotated[str, _text(r"[A-Za-z0-9_.:-]{1,64}", 64, "1-64 characters of A-Z a-z 0-9 _ . : -")]
Timestamp = Annotated[
    str,
    _text(
        # Hours and offsets are checked here: datetime.fromisoformat accepts different ones in each Python version.
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
        r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])",
        35,
        "an RFC 3339 time with an offset, such as 2026-10-01T12:00:00Z",
    ),
]
Money = Annotated[
    str,
    _text(
        r"[0-9]{1,12}(?:\.[0-9]{1,6})?",
        19,
        'a decimal string from "0" to "999999999999.999999", up to 6 decimals',
    ),
]
Currency = Annotated[str, _text(r"[A-Z]{3}", 3, "three capital letters (ISO 4217), such as USD")]
Count = Annotated[int, Meta(ge=0, le=MAX_INT, description=f"an integer from 0 to {MAX_INT}")]
Segments = Annotated[int, Meta(ge=1, le=MAX_INT, description=f"an integer from 1 to {MAX_INT}")]
ErrorCode = Annotated[str, _text(r"[A-Za-z0-9_.:-]{1,64}", 64, "null or 1-64 characters of A-Z a-z 0-9 _ . : -")]
Prefix = Annotated[str, _text(r"[0-9]{2,8}", 8, "2-8 digits")]
RuleName = Annotated[str, _text(r"[^\x00-\x1f\x7f]{1,128}", 128, "1-128 characters, none of them a control character")]
# Some producers send a number, others a text; stored as text. This is the only text whose pattern msgspec checks.
Version = (
    Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_.:-]{1,64}\Z", description="1-64 characters of A-Z a-z 0-9 _ . : -")]
    | Count
)

SchemaVersion = Literal["1"]
BillingStatus = Literal["BILLED", "REFUNDED"]
DeliveryStatus = Literal["DELIVERED", "FAILED", "UNDELIVERABLE", "UNDELIVERED", "EXPIRED", "REJECTED", "PENDING"]
Direction = Literal["MT", "MO"]
Verdict = Literal["ALLOW", "FLAG", "HOLD", "BLOCK"]


class Event(Struct, frozen=True, rename="camel", gc=False):
    """The fields of every event. `event_id` and the event time together identify it.

    `event_type`: its public name. `time_field`: the attribute that holds its event time.
    """

    event_type: ClassVar[str]
    time_field: ClassVar[str]

    schema_version: SchemaVersion
    event_id: Id
    message_id: Id


class SmsBilled(Event, frozen=True, rename="camel", gc=False):
    """A message was charged, or its charge was refunded."""

    event_type = "sms.billed.v1"
    time_field = "billed_at"

    account_id: Id
    tenant_id: Id
    operator_id: Id
    segment_count: Segments
    cost_per_segment: Money
    total_cost: Money
    currency: Currency
    status: BillingStatus
    billed_at: Timestamp
    mno: Id | None = None
    lane: Id | None = None
    direction: Direction | None = None


class DlrInbound(Event, frozen=True, rename="camel", gc=False):
    """An operator reported a message's delivery."""

    event_type = "sms.dlr.inbound.v1"
    time_field = "received_at"

    operator_id: Id
    account_id: Id
    delivery_status: DeliveryStatus
    latency_ms: Count
    tps_snapshot: Count
    received_at: Timestamp
    error_code: ErrorCode | None = None
    tenant_id: Id | None = None
    mno: Id | None = None
    lane: Id | None = None
    direction: Direction | None = None
    destination_prefix: Prefix | None = None


class CdrGenerated(Event, frozen=True, rename="camel", gc=False):
    """One call detail record: the outcome of a message, and its charge."""

    event_type = "cdr.generated.v1"
    time_field = "occurred_at"

    cdr_id: Id
    tenant_id: Id
    account_id: Id
    operator_id: Id
    mno: Id
    lane: Id
    direction: Direction
    destination_prefix: Prefix
    status: DeliveryStatus
    segment_count: Segments
    charge_amount: Money
    currency: Currency
    occurred_at: Timestamp


class Finding(Struct, frozen=True, rename="camel", gc=False):
    """The result of one compliance rule for a message."""

    rule_id: Id
    rule_name: RuleName
    rule_type: Id
    action: Id


MAX_FINDINGS = 64
Findings = Annotated[
    tuple[Finding, ...],
    Meta(
        max_length=MAX_FINDINGS,
        description=f"a list of up to {MAX_FINDINGS} objects with ruleId, ruleName, ruleType and action",
    ),
]


class ComplianceAudit(Event, frozen=True, rename="camel", gc=False):
    """A message was compared with a rule set."""

    event_type = "compliance.audit.v1"
    time_field = "at"

    evaluation_id: Id
    tenant_id: Id
    account_id: Id
    verdict: Verdict
    findings: Findings
    rule_set_id: Id
    rule_set_version: Version
    evaluation_latency_ms: Count
    at: Timestamp
    mno: Id | None = None
    lane: Id | None = None
