"""The answers of reports: names, types, units and descriptions, once for REST, OpenAPI and GraphQL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from graph.reports.windows import Window
from schema.instants import AwareTime
from schema.money import MONEY_PATTERN

Resolution: TypeAlias = Literal["1m", "5m", "1h"]

Count: TypeAlias = Annotated[int, Meta(description="A whole number; negative where refunds exceed messages.")]
Refunded: TypeAlias = Annotated[
    Annotated[int, Meta(ge=0)] | None,
    Meta(description="Refunds, already subtracted from the messages; null if some hours were counted without them."),
]
Delivered: TypeAlias = Annotated[int, Meta(ge=0, description="Messages with a delivery report that says delivered.")]
Failed: TypeAlias = Annotated[
    int, Meta(ge=0, description="Messages with a final report that says failed, expired or rejected.")
]
OPERATOR_ID: Final = "The operator, by its id in events."
ACCOUNT_ID: Final = "The account, by its id in events."
OperatorId: TypeAlias = Annotated[str, Meta(description=OPERATOR_ID)]
AccountId: TypeAlias = Annotated[str, Meta(description=ACCOUNT_ID)]
UsedWindow: TypeAlias = Annotated[
    Window, Meta(description="The whole hours that were counted: the requested window, snapped outward.")
]
Money: TypeAlias = Annotated[
    str,
    Meta(pattern=MONEY_PATTERN, description="In the reporting currency, exact, with 6 decimals."),
]
Costs: TypeAlias = Annotated[
    Mapping[str, Money],
    Meta(description="Cost by currency, including the reporting currency; nothing is converted."),
]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
DeliveryRate: TypeAlias = Annotated[
    Share | None,
    Meta(description="delivered / max(messages, delivered + failed), 4 decimals; null for 0/0."),
]
ErrorRate: TypeAlias = Annotated[
    Share | None,
    Meta(description="failed / max(messages, delivered + failed), 4 decimals; null for 0/0."),
]
PendingShare: TypeAlias = Annotated[
    Share | None,
    Meta(
        description="Maturity of delivery reports: the share of the messages that have no final report yet, "
        "pending / max(messages, delivered + failed), 4 decimals; null for 0/0."
    ),
]
Provisional: TypeAlias = Annotated[
    bool, Meta(description="At least 1 % of the messages have no final report yet: rates will still change.")
]
Pending: TypeAlias = Annotated[int, Meta(ge=0, description="max(messages - delivered - failed, 0).")]
PeakTps: TypeAlias = Annotated[
    int, Meta(ge=0, description="Highest messages per second in a delivery report; 0 without reports.")
]
AverageLatency: TypeAlias = Annotated[
    int | None, Meta(description="Mean latency of terminal delivery reports, ms; null without reports.")
]
P95Latency: TypeAlias = Annotated[
    int | None,
    Meta(description="95th percentile of latency over all samples, within 1 %, ms; null without samples."),
]
LowSample: TypeAlias = Annotated[
    bool, Meta(description="Fewer than 100 terminal delivery reports: rates and latencies are uncertain.")
]
DataAsOf: TypeAlias = Annotated[
    AwareTime | None, Meta(description="Newest event time that is counted; null when nothing is.")
]
CompleteUntilTime: TypeAlias = Annotated[
    AwareTime | None,
    Meta(
        description="All events that had reached our streams by this time are counted, from all sources; null while "
        "not known."
    ),
]
Quality = Literal["ACTUAL", "PARTIAL", "INTERPOLATED", "ESTIMATED"]
QUALITIES: Final[Mapping[Quality, str]] = {
    "ACTUAL": "Counted, with all events that have arrived.",
    "PARTIAL": "Incomplete: the bucket ends after completeUntil, or the window has only some of its hours.",
    "INTERPOLATED": "Not counted at this resolution: a share of the count of a longer bucket.",
    "ESTIMATED": "Computed from a sample or a sketch, with an error.",
}
QualityField: TypeAlias = Annotated[
    Quality,
    Meta(description="How reliable the point is. " + " ".join(f"{k}: {v}" for k, v in QUALITIES.items())),
]
Bucket: TypeAlias = Annotated[AwareTime, Meta(description="Start of the bucket (UTC).")]


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all answers; camelCase in JSON."""


class Report(Answer, frozen=True, kw_only=True):
    """The answer of a REST route and a GraphQL field. `about` describes both; its first sentence is the title."""

    about: ClassVar[str]


class Point(Answer, frozen=True, kw_only=True, rename="camel"):
    """One hour or day of a series."""

    time: Bucket
    total_messages: Count
    delivered_messages: Delivered
    failed_messages: Failed
    pending_messages: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate
    total_cost: Money
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    peak_tps: PeakTps
    quality: QualityField = "ACTUAL"


class Summary(Report, frozen=True, kw_only=True):
    """The whole platform in a window."""

    about = "The totals of the whole platform, and a series."

    window: UsedWindow
    total_messages: Count
    refunded_messages: Refunded
    delivered_messages: Delivered
    failed_messages: Failed
    pending_messages: Pending
    pending_share: PendingShare
    provisional: Provisional
    delivery_rate: DeliveryRate
    total_cost: Money
    costs_by_currency: Costs
    active_accounts: Annotated[int, Meta(ge=0, description="Accounts with a billing event or delivery report.")]
    peak_tps: PeakTps
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    low_sample: LowSample
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    series: Annotated[Sequence[Point], Meta(description="Every hour or day of the window, in order.")]


class OperatorPerformance(Report, frozen=True, kw_only=True):
    """The performance of one operator in a window."""

    about = "The performance of one operator. NOT_FOUND when nothing was ever counted for it."

    operator_id: OperatorId
    window: UsedWindow
    total_messages: Count
    refunded_messages: Refunded
    delivered_messages: Delivered
    failed_messages: Failed
    pending_messages: Pending
    pending_share: PendingShare
    provisional: Provisional
    delivery_rate: DeliveryRate
    error_rate: ErrorRate
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    low_sample: LowSample
    peak_tps: PeakTps
    total_cost: Money
    costs_by_currency: Costs
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    series: Annotated[Sequence[Point], Meta(description="Every hour or day of the window, in order.")]


class UsageDay(Answer, frozen=True, kw_only=True):
    """One UTC day of an account. The first and last day have only the hours of the window."""

    date: Annotated[date, Meta(description="UTC day.")]
    sent: Count
    delivered: Delivered
    failed: Failed
    segments: Count
    cost: Money
    quality: QualityField = "ACTUAL"


class AccountUsage(Report, frozen=True, kw_only=True):
    """The messages of one account in a window, and their cost."""

    about = "The messages of one account, and their cost."

    account_id: AccountId
    window: UsedWindow
    messages_sent: Count
    refunded_messages: Refunded
    messages_delivered: Delivered
    messages_failed: Failed
    pending_share: PendingShare
    provisional: Provisional
    delivery_rate: DeliveryRate
    segments: Count
    total_cost: Money
    costs_by_currency: Costs
    avg_cost_per_message: Annotated[
        Money | None, Meta(description="totalCost / messagesSent; null unless messagesSent is positive.")
    ]
    daily_breakdown: Annotated[Sequence[UsageDay], Meta(description="Every day of the window, in order.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class ThroughputPoint(Answer, frozen=True, kw_only=True):
    """One minute, five minutes or hour."""

    time: Bucket
    messages: Count
    delivered: Delivered
    failed: Failed
    tps: Annotated[float, Meta(description="Messages per second over the point, 4 decimals.")]
    quality: QualityField = "ACTUAL"


class Throughput(Report, frozen=True, kw_only=True):
    """Messages over time. Hours are counted; finer points divide their hour's counts evenly."""

    about = "Messages over time."

    window: UsedWindow
    resolution: Annotated[Resolution, Meta(description="Length of a point: 1m, 5m or 1h.")]
    interpolated: Annotated[bool, Meta(description="True for 1m and 5m, which divide the counts of hours.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    series: Annotated[
        Sequence[ThroughputPoint],
        Meta(description="Every point of the window, in order; the points of an hour sum exactly to that hour."),
    ]


class ByStatus(Answer, frozen=True, kw_only=True):
    """The platform's messages by delivery status."""

    delivered: Delivered
    failed: Failed
    pending: Pending


class OperatorShare(Answer, frozen=True, kw_only=True):
    """One operator's messages by delivery status."""

    operator_id: OperatorId
    total: Count
    delivered: Delivered
    failed: Failed
    pending: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate


class DeliveryBreakdown(Report, frozen=True, kw_only=True):
    """The messages of a window by delivery status, on the platform and by operator."""

    about = "Messages by delivery status, on the platform and by operator."

    window: UsedWindow
    by_status: Annotated[ByStatus, Meta(description="The whole platform.")]
    pending_share: PendingShare
    provisional: Provisional
    by_operator: Annotated[
        Sequence[OperatorShare], Meta(description="Every operator with counts in the window, most messages first.")
    ]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class TopOperators(Report, frozen=True, kw_only=True):
    """The operators with most messages in a window."""

    about = "The operators with most messages."

    operators: Annotated[
        Sequence[OperatorPerformance], Meta(description="Most messages first; equal ones by operator id.")
    ]
    window: UsedWindow
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class ProjectionFreshness(Answer, frozen=True, kw_only=True):
    """The freshness of one projection."""

    projection: Annotated[
        str, Meta(description="The function that counts events: billing_metrics or delivery_metrics.")
    ]
    data_as_of: Annotated[
        AwareTime | None, Meta(description="Newest event time that it has counted; null without events.")
    ]
    complete_until: Annotated[
        AwareTime | None,
        Meta(description="It has counted all events that had reached its stream by this time; null while not known."),
    ]
    lag_seconds: Annotated[float | None, Meta(description="The age of completeUntil in seconds; null while not known.")]


class Freshness(Report, frozen=True, kw_only=True):
    """How fresh the answers are, in event time."""

    about = "How fresh the answers are, in event time, for each projection of the events."

    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    projections: Annotated[Sequence[ProjectionFreshness], Meta(description="All projections, by name.")]


class LiveThroughput(Report, frozen=True, kw_only=True):
    """The messages and reports that the platform counted between two reads."""

    about = (
        "The counts since the previous event, for administrators. A subscription ends after ten minutes and can be "
        "repeated; a caller may have five open."
    )

    time: Annotated[AwareTime, Meta(description="When the counts were read (UTC).")]
    seconds: Annotated[float, Meta(description="Seconds since the counts were read before.")]
    messages: Annotated[int, Meta(description="Messages counted since then; negative where refunds exceed messages.")]
    delivered: Annotated[int, Meta(description="Reports of delivery counted since then.")]
    failed: Annotated[int, Meta(description="Reports of failure counted since then.")]
    tps: Annotated[float, Meta(description="Messages counted per second, 4 decimals.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
