"""What the reports answer: one description of names, types and units for REST, OpenAPI and GraphQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from graph.reports.windows import Window

MONEY_PATTERN: Final = r"^-?[0-9]+\.[0-9]{6}$"

Resolution: TypeAlias = Literal["1m", "5m", "1h"]
TrendGranularity: TypeAlias = Literal["daily", "monthly"]

Count: TypeAlias = Annotated[int, Meta(description="A whole number; below zero where refunds prevail.")]
Number: TypeAlias = Annotated[int, Meta(ge=0)]
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
Bucket: TypeAlias = Annotated[datetime, Meta(description="Start of the bucket (UTC).")]


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """The base of all: camelCase on the wire."""


class Point(Answer, frozen=True, kw_only=True, rename="camel"):
    """One hour or day of a series."""

    time: Bucket
    total_messages: Count
    delivered_messages: Number
    failed_messages: Number
    pending_messages: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate
    total_cost: Money
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    peak_tps: PeakTps


class Summary(Answer, frozen=True, kw_only=True):
    """The whole platform in a window."""

    window: Window
    total_messages: Count
    delivered_messages: Number
    failed_messages: Number
    pending_messages: Pending
    delivery_rate: DeliveryRate
    total_cost: Money
    costs_by_currency: Costs
    active_accounts: Annotated[int, Meta(ge=0, description="Accounts with a billing event or delivery report.")]
    peak_tps: PeakTps
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    low_sample: LowSample
    data_as_of: DataAsOf
    series: Annotated[Sequence[Point], Meta(description="Every hour or day of the window, in order.")]


class OperatorPerformance(Answer, frozen=True, kw_only=True):
    """How one operator carried its messages in a window."""

    operator_id: str
    window: Window
    total_messages: Count
    delivered_messages: Number
    failed_messages: Number
    pending_messages: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate
    avg_latency_ms: AverageLatency
    p95_latency_ms: P95Latency
    low_sample: LowSample
    peak_tps: PeakTps
    total_cost: Money
    costs_by_currency: Costs
    data_as_of: DataAsOf
    series: Annotated[Sequence[Point], Meta(description="Every hour or day of the window, in order.")]


class UsageDay(Answer, frozen=True, kw_only=True):
    """One UTC day of an account; of the first and last day, the hours that the window has of it."""

    date: Annotated[date, Meta(description="UTC day.")]
    sent: Count
    delivered: Number
    failed: Number
    segments: Count
    cost: Money


class AccountUsage(Answer, frozen=True, kw_only=True):
    """What one account sent in a window, and what it cost."""

    account_id: str
    window: Window
    messages_sent: Count
    messages_delivered: Number
    messages_failed: Number
    delivery_rate: DeliveryRate
    segments: Count
    total_cost: Money
    costs_by_currency: Costs
    avg_cost_per_message: Annotated[
        Money | None, Meta(description="totalCost / messagesSent; null unless messages were sent.")
    ]
    daily_breakdown: Annotated[Sequence[UsageDay], Meta(description="Every day of the window, in order.")]
    data_as_of: DataAsOf


class ThroughputPoint(Answer, frozen=True, kw_only=True):
    """One minute, five minutes or hour."""

    time: Bucket
    messages: Count
    delivered: Number
    failed: Number
    tps: Annotated[float, Meta(description="Messages per second over the point, 4 decimals.")]


class Throughput(Answer, frozen=True, kw_only=True):
    """Messages over time. What is counted is hours: finer points share their hour's counts evenly."""

    window: Window
    resolution: Resolution
    interpolated: Annotated[bool, Meta(description="True for 1m and 5m, which are not counted but shared out.")]
    data_as_of: DataAsOf
    series: Annotated[
        Sequence[ThroughputPoint],
        Meta(description="Every point of the window, in order; those of an hour sum exactly to that hour."),
    ]


class ByStatus(Answer, frozen=True, kw_only=True):
    """The platform's messages by what became of them."""

    delivered: Number
    failed: Number
    pending: Pending


class OperatorShare(Answer, frozen=True, kw_only=True):
    """One operator's messages by what became of them."""

    operator_id: str
    total: Count
    delivered: Number
    failed: Number
    pending: Pending
    delivery_rate: DeliveryRate
    error_rate: ErrorRate


class DeliveryBreakdown(Answer, frozen=True, kw_only=True):
    """What became of the messages of a window, on the platform and by operator."""

    window: Window
    by_status: ByStatus
    by_operator: Annotated[
        Sequence[OperatorShare], Meta(description="Every operator with rows in the window, busiest first.")
    ]
    data_as_of: DataAsOf


class TopOperators(Answer, frozen=True, kw_only=True):
    """The busiest operators of a window."""

    operators: Annotated[
        Sequence[OperatorPerformance], Meta(description="By messages, most first; equals by operator id.")
    ]
    window: Window
    data_as_of: DataAsOf


class Trend(Answer, frozen=True, kw_only=True):
    """The platform, an operator or an account over up to ten years, recent and archived days alike."""

    window: Window
    granularity: TrendGranularity
    total_messages: Count
    delivered_messages: Number
    failed_messages: Number
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
    series: Annotated[Sequence[Point], Meta(description="Every UTC day or month that the window touches, in order.")]
