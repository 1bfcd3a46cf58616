"""What the insights answer: one description of names, types and units for REST, OpenAPI and GraphQL."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from graph.reports.answers import CompleteUntilTime, DataAsOf, Quality, Report, Share, UsedWindow
from schema.money import MONEY_PATTERN

Rate: TypeAlias = Share | None
Mno: TypeAlias = Annotated[
    str,
    Meta(
        description="The MNO: its name for the platform's callers and under a data-share addendum, else the tenant's "
        "own pseudonym for it, which never changes and says nothing. `unknown`: what no event named an MNO for."
    ),
]
Amount: TypeAlias = Annotated[
    str, Meta(pattern=MONEY_PATTERN, description="What all its records are charged at, in `currency`, exactly.")
]
CostPerDelivered: TypeAlias = Annotated[
    Annotated[str, Meta(pattern=MONEY_PATTERN)] | None,
    Meta(description="cost / delivered records, 6 decimals, half up; null when none was delivered."),
]
Records: TypeAlias = Annotated[int, Meta(ge=0, description="Call detail records, each counted once: the volume.")]
DeliveredRecords: TypeAlias = Annotated[int, Meta(ge=0, description="Records of delivered messages.")]
RecordsDeliveryRate: TypeAlias = Annotated[
    Rate,
    Meta(
        description="delivered / terminal call detail records (all but the pending) of this currency, 4 decimals; null "
        "for 0/0. It comes from records, not from delivery reports as `mnoQuality`'s does."
    ),
]


class MnoQualityFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """How one MNO carried messages, by their delivery reports. Suppressed, it has its name alone."""

    mno: Mno
    messages: Annotated[
        int | None, Meta(description="Delivery reports, each counted once: as a query counts them.")
    ] = None
    terminal: Annotated[
        int | None, Meta(description="Those that are final, all but the pending: what rates are over.")
    ] = None
    share: Annotated[
        Rate, Meta(description="messages over those of all MNOs of this answer that are not suppressed, 4 decimals.")
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
            description="Fewer than 20 terminal reports: no figure is told, but to the platform's callers and under a "
            "data-share addendum."
        ),
    ]
    low_sample: Annotated[bool, Meta(description="Fewer than 100 terminal reports: read the figures with care.")]


class MnoQuality(Report, frozen=True, kw_only=True, rename="camel"):
    """The quality of each MNO that the traffic used."""

    about = (
        "How well each MNO carries messages. A tenant sees those that its own traffic used: under pseudonyms "
        "of its own, unless a data-share addendum is in force."
    )

    window: UsedWindow
    mnos: Annotated[Sequence[MnoQualityFigures], Meta(description="In the order of `mno`, never of volume.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None


class CostQualityDay(Struct, frozen=True, kw_only=True, rename="camel"):
    """One UTC day of an MNO and a currency."""

    date: Annotated[date, Meta(description="UTC day; of the first and the last one, what the window has of it.")]
    messages: Records
    delivered: DeliveredRecords
    delivery_rate: RecordsDeliveryRate
    cost: Amount
    cost_per_delivered: CostPerDelivered
    quality: Annotated[
        Quality,
        Meta(
            description="PARTIAL when the window has only some of the day's hours, or the day ends after "
            "completeUntil (dataAsOf while that is not known)."
        ),
    ]


class MnoCostQuality(Struct, frozen=True, kw_only=True, rename="camel"):
    """One MNO in one currency, over the window. One that charges in two currencies has two; nothing is converted."""

    mno: Mno
    currency: Annotated[str, Meta(description="ISO 4217.")]
    messages: Records
    delivered: DeliveredRecords
    delivery_rate: RecordsDeliveryRate
    cost: Amount
    cost_per_delivered: CostPerDelivered
    days: Annotated[Sequence[CostQualityDay], Meta(description="The days that have records; they add up to this.")]


class CostQuality(Report, frozen=True, kw_only=True, rename="camel"):
    """Cost against quality of each MNO, from call detail records of all tenants."""

    about = (
        "What each MNO costs, against how well it delivers. By day, and over the window. For finance and "
        "administrators."
    )

    window: UsedWindow
    mnos: Annotated[Sequence[MnoCostQuality], Meta(description="In the order of `mno` and `currency`.")]
    data_as_of: DataAsOf
    complete_until: CompleteUntilTime = None
