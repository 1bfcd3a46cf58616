"""The answer of a trend. graph/reports/answers.py has all other answers."""

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from graph.reports.answers import (
    AverageLatency,
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
    P95Latency,
    PeakTps,
    Pending,
    Point,
    Report,
    UsedWindow,
)

TrendGranularity: TypeAlias = Literal["daily", "monthly"]


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
