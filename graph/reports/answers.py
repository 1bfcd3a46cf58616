"""The answers of reports, once for REST, OpenAPI and GraphQL. `fields` has the fields that they share."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from graph.answer import Answer, Report
from graph.reports.fields import (
    AccountId,
    AverageLatency,
    Bucket,
    CompleteUntilTime,
    Costs,
    Count,
    DataAsOf,
    Delivered,
    DeliveryRate,
    ErrorRate,
    Failed,
    LowSample,
    Money,
    OperatorId,
    P95Latency,
    PeakTps,
    Pending,
    PendingShare,
    Provisional,
    QualityField,
    Refunded,
    UsedWindow,
)
from schema.instants import AwareTime

Resolution: TypeAlias = Literal["1m", "5m", "1h"]
TrendGranularity: TypeAlias = Literal["daily", "monthly"]


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


class Trend(Report, frozen=True, kw_only=True):
    """The platform, an operator or an account over up to ten years, recent and archived days alike."""

    about = "Days or months over up to ten years, recent and archived alike."

    window: UsedWindow
    granularity: Annotated[TrendGranularity, Meta(description="Whether `series` has days or months.")]
    total_messages: Count
    delivered_messages: Delivered
    failed_messages: Failed
    pending_messages: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate
    total_cost: Money
    costs_by_currency: Costs
    peak_tps: PeakTps
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    low_sample: LowSample
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
    series: Annotated[Sequence[Point], Meta(description="Every UTC day or month that the window touches, in order.")]


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
