"""What the reports answer: one description of names, types and units for REST, OpenAPI and GraphQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from graph.reports.windows import Window
from schema.money import MONEY_PATTERN

Resolution: TypeAlias = Literal["1m", "5m", "1h"]

Count: TypeAlias = Annotated[int, Meta(description="A whole number; below zero where refunds prevail.")]
Refunded: TypeAlias = Annotated[
    Annotated[int, Meta(ge=0)] | None,
    Meta(description="Refunds, which are taken off the messages already; null if some hours were counted without."),
]
Delivered: TypeAlias = Annotated[int, Meta(ge=0, description="Messages that a report said were delivered.")]
Failed: TypeAlias = Annotated[
    int, Meta(ge=0, description="Messages that a final report said failed, expired or were rejected.")
]
OPERATOR_ID: Final = "The operator, by its id in events."
ACCOUNT_ID: Final = "The account, by its id in events."
OperatorId: TypeAlias = Annotated[str, Meta(description=OPERATOR_ID)]
AccountId: TypeAlias = Annotated[str, Meta(description=ACCOUNT_ID)]
UsedWindow: TypeAlias = Annotated[
    Window, Meta(description="The whole hours that were counted: what was asked, snapped outward.")
]
Money: TypeAlias = Annotated[
    str,
    Meta(pattern=MONEY_PATTERN, description="Reporting currency, exactly, with 6 decimals."),
]
Costs: TypeAlias = Annotated[
    Mapping[str, Money],
    Meta(description="Cost by currency, the reporting currency included; nothing is converted."),
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
    bool, Meta(description="1 % of the messages or more have no final report yet: rates will still change.")
]
Pending: TypeAlias = Annotated[int, Meta(ge=0, description="max(messages - delivered - failed, 0).")]
PeakTps: TypeAlias = Annotated[
    int, Meta(ge=0, description="Highest messages per second that a delivery report carried; 0 when none.")
]
AverageLatency: TypeAlias = Annotated[
    int | None, Meta(description="Mean latency of terminal delivery reports, ms; null when there is none.")
]
P95Latency: TypeAlias = Annotated[
    int | None,
    Meta(description="95th percentile of latency over every sample, within 1 %, ms; null without samples."),
]
LowSample: TypeAlias = Annotated[
    bool, Meta(description="Fewer than 100 terminal delivery reports: read the figures with care.")
]
DataAsOf: TypeAlias = Annotated[
    datetime | None, Meta(description="Newest event time whose effect is in the store; null when empty.")
]
CompleteUntilTime: TypeAlias = Annotated[
    datetime | None,
    Meta(
        description="Everything that had reached our streams by this time is counted, from all sources; null while "
        "that is not known."
    ),
]
Quality = Literal["ACTUAL", "PARTIAL", "INTERPOLATED", "ESTIMATED"]
QUALITIES: Final[Mapping[Quality, str]] = {
    "ACTUAL": "Counted, and all that has arrived of it.",
    "PARTIAL": "Not all of it: the bucket ends after completeUntil, or the window has only some of its hours.",
    "INTERPOLATED": "Not counted at this resolution: a share of what was counted of a longer bucket.",
    "ESTIMATED": "Computed from a sample or a sketch, with an error.",
}
QualityField: TypeAlias = Annotated[
    Quality,
    Meta(description="How far the point can be trusted: " + " ".join(f"{k}: {v}" for k, v in QUALITIES.items())),
]
Bucket: TypeAlias = Annotated[datetime, Meta(description="Start of the bucket (UTC).")]


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all: camelCase on the wire."""


class Report(Answer, frozen=True, kw_only=True):
    """What a route of REST and a field of GraphQL answer. `about` describes both; its first sentence is the title."""

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

    about = "The platform at a glance."

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
    """How one operator carried its messages in a window."""

    about = "How one operator carried its messages. NOT_FOUND when nothing is known of it."

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
    """One UTC day of an account; of the first and last day, the hours that the window has of it."""

    date: Annotated[date, Meta(description="UTC day.")]
    sent: Count
    delivered: Delivered
    failed: Failed
    segments: Count
    cost: Money
    quality: QualityField = "ACTUAL"


class AccountUsage(Report, frozen=True, kw_only=True):
    """What one account sent in a window, and what it cost."""

    about = "What one account sent, and what it cost."

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
        Money | None, Meta(description="totalCost / messagesSent; null unless messages were sent.")
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
    """Messages over time. What is counted is hours: finer points share their hour's counts evenly."""

    about = "Messages over time."

    window: UsedWindow
    resolution: Annotated[Resolution, Meta(description="Length of a point: 1m, 5m or 1h.")]
    interpolated: Annotated[bool, Meta(description="True for 1m and 5m, which are not counted but shared out.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    series: Annotated[
        Sequence[ThroughputPoint],
        Meta(description="Every point of the window, in order; those of an hour sum exactly to that hour."),
    ]


class ByStatus(Answer, frozen=True, kw_only=True):
    """The platform's messages by what became of them."""

    delivered: Delivered
    failed: Failed
    pending: Pending


class OperatorShare(Answer, frozen=True, kw_only=True):
    """One operator's messages by what became of them."""

    operator_id: OperatorId
    total: Count
    delivered: Delivered
    failed: Failed
    pending: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate


class DeliveryBreakdown(Report, frozen=True, kw_only=True):
    """What became of the messages of a window, on the platform and by operator."""

    about = "What became of the messages, on the platform and by operator."

    window: UsedWindow
    by_status: Annotated[ByStatus, Meta(description="The whole platform's.")]
    pending_share: PendingShare
    provisional: Provisional
    by_operator: Annotated[
        Sequence[OperatorShare], Meta(description="Every operator with rows in the window, busiest first.")
    ]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class TopOperators(Report, frozen=True, kw_only=True):
    """The busiest operators of a window."""

    about = "The busiest operators."

    operators: Annotated[
        Sequence[OperatorPerformance], Meta(description="By messages, most first; equals by operator id.")
    ]
    window: UsedWindow
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class ProjectionFreshness(Answer, frozen=True, kw_only=True):
    """How far one projection of the events has come."""

    projection: Annotated[str, Meta(description="The function that counts: billing_metrics, delivery_metrics.")]
    data_as_of: Annotated[datetime | None, Meta(description="Newest event time that it has counted; null: none.")]
    complete_until: Annotated[
        datetime | None,
        Meta(description="It has counted everything that had reached its stream by this time; null: not known."),
    ]
    lag_seconds: Annotated[
        float | None, Meta(description="How long ago completeUntil is, in seconds; null: not known.")
    ]


class Freshness(Report, frozen=True, kw_only=True):
    """How fresh the answers are, in the data's own time."""

    about = "How fresh the answers are, in the data's own time, for each projection of the events."

    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    projections: Annotated[Sequence[ProjectionFreshness], Meta(description="Each projection, by name.")]


class LiveThroughput(Report, frozen=True, kw_only=True):
    """What was counted on the platform between two looks at the last hours."""

    about = (
        "What was counted since the event before, for administrators. It ends after ten minutes, to be asked "
        "for again; a caller may have five open."
    )

    time: Annotated[datetime, Meta(description="When the second look was taken (UTC).")]
    seconds: Annotated[float, Meta(description="Since the first look.")]
    messages: Annotated[int, Meta(description="Messages counted in between; below zero where refunds prevail.")]
    delivered: Annotated[int, Meta(description="Reports of delivery counted in between.")]
    failed: Annotated[int, Meta(description="Reports of failure counted in between.")]
    tps: Annotated[float, Meta(description="Messages counted a second, 4 decimals.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
