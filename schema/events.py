"""The events of the platform, as msgspec structs: the fields and values that a producer may send.

The decoder, the JSON Schemas, `anlyt events` and docs/reference/events.md are made from them. Decoding drops unknown
fields, so nothing outside these structs (a MSISDN, a message body) is ever stored. Times stay text until
`schema.decoding` parses them.
"""

from typing import Annotated, ClassVar, Final

from msgspec import Meta, Struct

from schema.values import (
    BillingStatus,
    Count,
    Currency,
    DeliveryStatus,
    Direction,
    ErrorCode,
    Id,
    Money,
    Prefix,
    RuleName,
    SchemaVersion,
    Segments,
    Timestamp,
    Verdict,
    Version,
    means,
)

TENANT_HEADER: Final = "X-Tenant-Id"  # of a delivery report without a tenant
EventId = Annotated[
    Id,
    means(
        "Identifies the event, together with its event time. A copy that is sent again carries both unchanged.",
        "0d8f2f5e-6c1b-4c57-9a53-0b7e5d6f3c11",
    ),
]
MessageId = Annotated[
    Id, means("The message that the event is about.", "msg-7f58d2fa3ac0", "01929f3e-8a37-7c52-b6d1-3f0e9a4c2b18")
]
AccountId = Annotated[Id, means("The customer account that sent the message.", "acc-0001")]
TenantId = Annotated[
    Id, means("The tenant that the account belongs to. Only this tenant's callers see it.", "tenant-001")
]
OperatorId = Annotated[Id, means("The connection to an operator that carried the message.", "op-awcc-1")]
SegmentCount = Annotated[Segments, means("The number of SMS parts of the message.", 1, 3, unit="parts")]
CurrencyCode = Annotated[
    Currency,
    means("The currency of the amounts. Amounts in different currencies are never added or converted.", "USD", "AFN"),
]
Mno = Annotated[Id, means("The mobile network of the recipient.", "AWCC", "ROSHAN", "ETISALAT_AF", "MTN_AF", "SALAAM")]
Lane = Annotated[Id, means("The traffic class.", "OTP", "P0_EMERGENCY", "TRANSACTIONAL", "MARKETING")]
Traffic = Annotated[Direction, means("MT: to a handset. MO: from a handset.", "MT", "MO")]
DestinationPrefix = Annotated[
    Prefix, means("The first digits of the recipient's number: enough to tell the network, too few to call.", "9370")
]
Status = Annotated[
    DeliveryStatus,
    means(
        "The outcome. All but PENDING are final; all final ones but DELIVERED count as failed.", "DELIVERED", "EXPIRED"
    ),
]


class Event(Struct, frozen=True, rename="camel", gc=False):
    """The fields of every event. `event_id` and the event time together identify it.

    `event_type`: its public name. `time_field`: the attribute that holds its event time.
    """

    event_type: ClassVar[str]
    time_field: ClassVar[str]

    schema_version: Annotated[SchemaVersion, means("The version of the event's format.", "1")]
    event_id: EventId
    message_id: MessageId


class SmsBilled(Event, frozen=True, rename="camel", gc=False):
    """A message was charged, or its charge was refunded."""

    event_type = "sms.billed.v1"
    time_field = "billed_at"

    account_id: AccountId
    tenant_id: TenantId
    operator_id: OperatorId
    segment_count: SegmentCount
    cost_per_segment: Annotated[
        Money,
        means("The price of one part. Stated for readers; only `totalCost` is counted.", "0.012500", unit="currency"),
    ]
    total_cost: Annotated[
        Money,
        means(
            "The charge, or the amount that was refunded. Never negative; `status` has the sign.",
            "0.012500",
            unit="currency",
        ),
    ]
    currency: CurrencyCode
    status: Annotated[
        BillingStatus,
        means("BILLED adds a message, its segments and cost; REFUNDED subtracts them.", "BILLED", "REFUNDED"),
    ]
    billed_at: Annotated[
        Timestamp,
        means("The event time: the UTC hour in which the charge or refund is counted.", "2026-10-01T12:00:00.250Z"),
    ]
    mno: Mno | None = None
    lane: Lane | None = None
    direction: Traffic | None = None


class DlrInbound(Event, frozen=True, rename="camel", gc=False):
    """An operator reported a message's delivery."""

    event_type = "sms.dlr.inbound.v1"
    time_field = "received_at"

    operator_id: OperatorId
    account_id: AccountId
    delivery_status: Status
    latency_ms: Annotated[Count, means("From sending the message to this report.", 840, unit="ms")]
    tps_snapshot: Annotated[
        Count, means("The rate of the operator's connection when the report arrived.", 120, unit="messages/s")
    ]
    received_at: Annotated[
        Timestamp,
        means("The event time: the UTC hour in which the report is counted.", "2026-10-01T12:00:01+00:00"),
    ]
    error_code: Annotated[
        ErrorCode | None, means("The operator's error code. Null or missing: no error.", None, "ESME_RTHROTTLED", "099")
    ] = None
    tenant_id: Annotated[
        Id | None,
        means(
            "The tenant that the account belongs to. Null or missing: that of the header `X-Tenant-Id`; without it, "
            "`unknown`, which no tenant sees.",
            "tenant-001",
        ),
    ] = None
    mno: Mno | None = None
    lane: Lane | None = None
    direction: Traffic | None = None
    destination_prefix: DestinationPrefix | None = None


class CdrGenerated(Event, frozen=True, rename="camel", gc=False):
    """One call detail record: the outcome of a message, and its charge."""

    event_type = "cdr.generated.v1"
    time_field = "occurred_at"

    cdr_id: Annotated[Id, means("Identifies the record in the charging system.", "cdr-20261001-000017")]
    tenant_id: TenantId
    account_id: AccountId
    operator_id: OperatorId
    mno: Mno
    lane: Lane
    direction: Traffic
    destination_prefix: DestinationPrefix
    status: Status
    segment_count: SegmentCount
    charge_amount: Annotated[Money, means("The charge of the message.", "0.012500", unit="currency")]
    currency: CurrencyCode
    occurred_at: Annotated[
        Timestamp, means("The event time: when the outcome was known.", "2026-10-01T16:30:00.123456+04:30")
    ]


class Finding(Struct, frozen=True, rename="camel", gc=False):
    """The result of one compliance rule for a message."""

    rule_id: Annotated[Id, means("Identifies the rule.", "quiet-hours-1")]
    rule_name: Annotated[RuleName, means("The rule's name for people.", "Marketing at night")]
    rule_type: Annotated[Id, means("The kind of rule, by which evaluations can be grouped.", "QUIET_HOURS")]
    action: Annotated[Id, means("What the rule asks for.", "FLAG", "HOLD", "BLOCK")]


MAX_FINDINGS: Final = 64
Findings = Annotated[
    tuple[Finding, ...],
    Meta(
        max_length=MAX_FINDINGS,
        description="The rules that matched, in the order of the rule set; empty if none did.",
        extra={"allowed": f"a list of up to {MAX_FINDINGS} objects with ruleId, ruleName, ruleType and action"},
    ),
]


class ComplianceAudit(Event, frozen=True, rename="camel", gc=False):
    """A message was compared with a rule set."""

    event_type = "compliance.audit.v1"
    time_field = "at"

    evaluation_id: Annotated[Id, means("Identifies the evaluation in the compliance engine.", "eval-5c0de9")]
    tenant_id: TenantId
    account_id: AccountId
    verdict: Annotated[
        Verdict, means("What happened to the message: sent, sent and noted, held back, or refused.", "FLAG", "ALLOW")
    ]
    findings: Findings
    rule_set_id: Annotated[Id, means("Identifies the rule set.", "rules-af")]
    rule_set_version: Annotated[Version, means("The version of the rule set: a text or an integer.", "2026.10-a", 7)]
    evaluation_latency_ms: Annotated[Count, means("How long the evaluation took.", 4, unit="ms")]
    at: Annotated[Timestamp, means("The event time: when the message was evaluated.", "2026-10-01T12:00:00Z")]
    mno: Mno | None = None
    lane: Lane | None = None


EVENTS: Final = (SmsBilled, DlrInbound, CdrGenerated, ComplianceAudit)
