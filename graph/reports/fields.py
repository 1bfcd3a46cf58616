"""The fields that answers share, each with its type, unit and description."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

from graph.reports.windows import Window
from schema.instants import AwareTime
from schema.money import MONEY_PATTERN

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
