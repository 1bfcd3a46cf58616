"""The answers of insights: names, types and units, described once for REST, OpenAPI and GraphQL."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from graph.answer import Report
from graph.reports.fields import CompleteUntilTime, DataAsOf, Quality, Share, UsedWindow
from schema.money import MONEY_PATTERN

Rate: TypeAlias = Share | None
Mno: TypeAlias = Annotated[
    str,
    Meta(
        description="The MNO: its name for the platform's callers and under a data-share addendum, otherwise the "
        "tenant's own pseudonym, which never changes and reveals nothing. `unknown`: messages whose events name no MNO."
    ),
]
Amount: TypeAlias = Annotated[
    str, Meta(pattern=MONEY_PATTERN, description="The exact charge of all its records, in `currency`.")
]
CostPerDelivered: TypeAlias = Annotated[
    Annotated[str, Meta(pattern=MONEY_PATTERN)] | None,
    Meta(description="cost / delivered records, 6 decimals, rounded half up; null without delivered records."),
]
Records: TypeAlias = Annotated[int, Meta(ge=0, description="Call detail records, each counted once: the volume.")]
DeliveredRecords: TypeAlias = Annotated[int, Meta(ge=0, description="Records of delivered messages.")]
RecordsDeliveryRate: TypeAlias = Annotated[
    Rate,
    Meta(
        description="delivered / terminal (not pending) call detail records of this currency, 4 decimals; null for "
        "0/0. `mnoQuality` computes it from delivery reports instead."
    ),
]


class MnoQualityFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """The quality of one MNO, by delivery reports. If `suppressed`, it has no figures."""

    mno: Mno
    messages: Annotated[int | None, Meta(description="Delivery reports, each counted once, as in queries.")] = None
    terminal: Annotated[
        int | None, Meta(description="Terminal (not pending) delivery reports: the denominator of rates.")
    ] = None
    share: Annotated[
        Rate, Meta(description="messages / messages of all MNOs that are not suppressed in this answer, 4 decimals.")
    ] = None
    delivery_rate: Annotated[Rate, Meta(description="delivered / terminal, 4 decimals; null for 0/0.")] = None
    error_rate: Annotated[Rate, Meta(description="failed / terminal, 4 decimals; null for 0/0.")] = None
    esme_error_rate: Annotated[
        Rate, Meta(description="Terminal reports with an error code / terminal, 4 decimals; null for 0/0.")
    ] = None
    p50_latency_ms: Annotated[int | None, Meta(description="Median latency, ms; a t-digest's estimate.")] = None
    p95_latency_ms: Annotated[
        int | None, Meta(description="95th percentile of latency, ms; a t-digest's estimate.")
    ] = None
    suppressed: Annotated[
        bool,
        Meta(
            description="Whether figures are left out because there are fewer than 20 terminal reports. Never for the "
            "platform's callers and under a data-share addendum."
        ),
    ]
    low_sample: Annotated[bool, Meta(description="Whether there are fewer than 100 terminal reports.")]


class MnoQuality(Report, frozen=True, kw_only=True, rename="camel"):
    """Delivery rates, error rates and latencies per MNO."""

    about = (
        "The quality of each MNO. A tenant sees the MNOs that its own traffic used, as its own pseudonyms, "
        "unless a data-share addendum is in force."
    )

    window: UsedWindow
    mnos: Annotated[Sequence[MnoQualityFigures], Meta(description="In the order of `mno`.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class CostQualityDay(Struct, frozen=True, kw_only=True, rename="camel"):
    """One UTC day of one MNO in one currency."""

    date: Annotated[date, Meta(description="UTC day; the first and the last day may be partial.")]
    messages: Records
    delivered: DeliveredRecords
    delivery_rate: RecordsDeliveryRate
    cost: Amount
    cost_per_delivered: CostPerDelivered
    quality: Annotated[
        Quality,
        Meta(
            description="PARTIAL when the window covers only part of the day, or the day ends after completeUntil "
            "(after dataAsOf while that is unknown)."
        ),
    ]


class MnoCostQuality(Struct, frozen=True, kw_only=True, rename="camel"):
    """One MNO in one currency, over the window. An MNO with two currencies appears twice; nothing is converted."""

    mno: Mno
    currency: Annotated[str, Meta(description="ISO 4217.")]
    messages: Records
    delivered: DeliveredRecords
    delivery_rate: RecordsDeliveryRate
    cost: Amount
    cost_per_delivered: CostPerDelivered
    days: Annotated[Sequence[CostQualityDay], Meta(description="The days with records; their figures add up to these.")]


class CostQuality(Report, frozen=True, kw_only=True, rename="camel"):
    """Cost and delivery rate per MNO and currency, from call detail records of all tenants."""

    about = "The cost and the delivery rate of each MNO. By day and over the window, for finance and administrators."

    window: UsedWindow
    mnos: Annotated[Sequence[MnoCostQuality], Meta(description="In the order of `mno` and `currency`.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
