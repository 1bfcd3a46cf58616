"""The datasets of the query language.

Made by `python -m tools.export`; do not edit.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias, TypedDict, Unpack

from anlyt_client.queries import Condition, Direction, Query, make_query


class QueryOptions(TypedDict, total=False):
    """What a query of any dataset can say."""

    from_: datetime | str
    """Start: RFC 3339 with an offset, between 2000 and 2100; exact, not snapped."""
    to: datetime | str
    """End, excluded: RFC 3339 with an offset."""
    window: Literal["today", "yesterday", "thisMonth", "lastMonth"]
    """In place of `from` and `to`: a day or month of `timezone`; today and thisMonth end now."""
    last: str
    """In place of `from` and `to`: hours or days (of 24 hours) until now, such as 24h or 7d."""
    granularity: Literal["minute", "hour", "day", "week", "month", "none"]
    """The length of the rows' time buckets."""
    timezone: str
    """IANA zone of `window` and of the buckets, such as Asia/Kabul."""
    limit: int
    """Rows per page, at most 10,000; all pages together have at most 100,000."""
    compare_to: Literal["previousPeriod", "sameElapsed"]
    """Adds `previous` to each row: the same measures in an earlier window."""
    totals: bool
    """Whether to add the measures over all rows."""
    fill: bool
    """Whether each bucket of the window has a row, for each combination of the dimensions that has events: without
    events, counts and sums are 0, all other measures null. Needs `time.granularity`.
    """
    explain: bool
    """Whether to return how the query would run, without running it."""


DlrMeasure: TypeAlias = Literal[
    "messages",
    "delivered",
    "failed",
    "pending",
    "deliveryRate",
    "errorRate",
    "esmeErrorRate",
    "avgLatencyMs",
    "p50LatencyMs",
    "p95LatencyMs",
    "p99LatencyMs",
    "maxTps",
]

DlrDimension: TypeAlias = Literal[
    "tenantId", "accountId", "operatorId", "mno", "lane", "direction", "status", "errorCode", "destinationPrefix"
]

DlrColumn: TypeAlias = Literal["time"] | DlrDimension | DlrMeasure


class DlrFigures(TypedDict, total=False):
    """The measures of the dataset `dlr`."""

    messages: int
    """Delivery reports, each counted once."""
    delivered: int
    """Reports of status `DELIVERED`."""
    failed: int
    """Reports of status `FAILED`, `UNDELIVERABLE`, `UNDELIVERED`, `EXPIRED`, `REJECTED`."""
    pending: int
    """Reports of status `PENDING`; all others are terminal."""
    deliveryRate: float | None
    """Delivered over terminal reports; null if there is none."""
    errorRate: float | None
    """Failed over terminal reports; null if there is none."""
    esmeErrorRate: float | None
    """Terminal reports with an error code over all terminal ones."""
    avgLatencyMs: int | None
    """Mean latency of terminal reports, rounded half up; null if there is none."""
    p50LatencyMs: int | None
    """Median latency of terminal reports."""
    p95LatencyMs: int | None
    """Latency that 95 % of terminal reports do not exceed."""
    p99LatencyMs: int | None
    """Latency that 99 % of terminal reports do not exceed."""
    maxTps: int | None
    """Highest rate that a report's snapshot of its connection showed; null without reports."""


class DlrRow(DlrFigures, total=False):
    """A row of the dataset `dlr`: what its query groups by, and its measures."""

    time: datetime
    """Start of the bucket, with `granularity`."""
    tenantId: str
    """The tenant that the message belongs to; `unknown` if its event names none."""
    accountId: str
    """The account that sent the message."""
    operatorId: str
    """The operator's connection that carried the message."""
    mno: str
    """The mobile network operator; under a pseudonym for a tenant without a data-share addendum."""
    lane: str
    """The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ..."""
    direction: str
    """`MT`: to a handset, `MO`: from one; `unknown` if the event does not say."""
    status: str
    """What became of the message, as reported."""
    errorCode: str | None
    """The operator's code of the error; null if it reported none."""
    destinationPrefix: str
    """The first 2-8 digits of the destination."""
    previous: DlrFigures
    """The measures of the earlier window, with `compare_to`."""


def dlr(
    measures: Sequence[DlrMeasure],
    dimensions: Sequence[DlrDimension] = (),
    *,
    filter: Condition[DlrDimension] | None = None,  # noqa: A002
    having: Condition[DlrMeasure] | None = None,
    order_by: Sequence[DlrColumn | tuple[DlrColumn, Direction]] = (),
    **options: Unpack[QueryOptions],
) -> Query[DlrRow]:
    """A query. Delivery reports of operators, by the time at which they were received."""
    return make_query(DlrRow, "dlr", measures, dimensions, filter, having, order_by, options)


CdrMeasure: TypeAlias = Literal["records", "segments", "cost", "avgCost", "costPerDelivered"]

CdrDimension: TypeAlias = Literal[
    "tenantId", "accountId", "operatorId", "mno", "lane", "direction", "status", "destinationPrefix", "currency"
]

CdrColumn: TypeAlias = Literal["time"] | CdrDimension | CdrMeasure


class CdrFigures(TypedDict, total=False):
    """The measures of the dataset `cdr`."""

    records: int
    """Call detail records, each counted once."""
    segments: int
    """Segments of their messages."""
    cost: Decimal | None
    """What the records are charged at. Needs one currency: group by it, filter one, or have no other."""
    avgCost: Decimal | None
    """Cost over records; null if there is none. Needs one currency: group by it, filter one, or have no other."""
    costPerDelivered: Decimal | None
    """Cost of all records over delivered ones; null if there is none. Needs one currency: group by it, filter one, or
    have no other.
    """


class CdrRow(CdrFigures, total=False):
    """A row of the dataset `cdr`: what its query groups by, and its measures."""

    time: datetime
    """Start of the bucket, with `granularity`."""
    tenantId: str
    """The tenant that the message belongs to; `unknown` if its event names none."""
    accountId: str
    """The account that sent the message."""
    operatorId: str
    """The operator's connection that carried the message."""
    mno: str
    """The mobile network operator; under a pseudonym for a tenant without a data-share addendum."""
    lane: str
    """The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ..."""
    direction: str
    """`MT`: to a handset, `MO`: from one; `unknown` if the event does not say."""
    status: str
    """What became of the message, as reported."""
    destinationPrefix: str
    """The first 2-8 digits of the destination."""
    currency: str
    """The currency of the charge (ISO 4217)."""
    previous: CdrFigures
    """The measures of the earlier window, with `compare_to`."""


def cdr(
    measures: Sequence[CdrMeasure],
    dimensions: Sequence[CdrDimension] = (),
    *,
    filter: Condition[CdrDimension] | None = None,  # noqa: A002
    having: Condition[CdrMeasure] | None = None,
    order_by: Sequence[CdrColumn | tuple[CdrColumn, Direction]] = (),
    **options: Unpack[QueryOptions],
) -> Query[CdrRow]:
    """A query. Call detail records, by the time of the call."""
    return make_query(CdrRow, "cdr", measures, dimensions, filter, having, order_by, options)


ComplianceMeasure: TypeAlias = Literal[
    "evaluations", "blocked", "held", "flagged", "allowed", "blockRate", "avgEvaluationMs"
]

ComplianceDimension: TypeAlias = Literal["tenantId", "accountId", "mno", "lane", "verdict", "ruleType"]

ComplianceColumn: TypeAlias = Literal["time"] | ComplianceDimension | ComplianceMeasure


class ComplianceFigures(TypedDict, total=False):
    """The measures of the dataset `compliance`."""

    evaluations: int
    """Evaluations, each counted once."""
    blocked: int
    """Evaluations with the verdict `BLOCK`."""
    held: int
    """Evaluations with the verdict `HOLD`."""
    flagged: int
    """Evaluations with the verdict `FLAG`."""
    allowed: int
    """Evaluations with the verdict `ALLOW`."""
    blockRate: float | None
    """Blocked over all evaluations; null if there is none."""
    avgEvaluationMs: int | None
    """Mean time that an evaluation took, rounded half up; null if there is none."""


class ComplianceRow(ComplianceFigures, total=False):
    """A row of the dataset `compliance`: what its query groups by, and its measures."""

    time: datetime
    """Start of the bucket, with `granularity`."""
    tenantId: str
    """The tenant that the message belongs to; `unknown` if its event names none."""
    accountId: str
    """The account that sent the message."""
    mno: str
    """The mobile network operator; under a pseudonym for a tenant without a data-share addendum."""
    lane: str
    """The priority lane: `P0_EMERGENCY`, `OTP`, `TRANSACTIONAL`, `MARKETING`, ..."""
    verdict: str
    """What the compliance rules decided."""
    ruleType: str | None
    """The types of the rules that were hit: an evaluation counts once under each of its distinct types, and under
    null if it has none. Without grouping by it, a filter keeps an evaluation if it keeps one of its types.
    """
    previous: ComplianceFigures
    """The measures of the earlier window, with `compare_to`."""


def compliance(
    measures: Sequence[ComplianceMeasure],
    dimensions: Sequence[ComplianceDimension] = (),
    *,
    filter: Condition[ComplianceDimension] | None = None,  # noqa: A002
    having: Condition[ComplianceMeasure] | None = None,
    order_by: Sequence[ComplianceColumn | tuple[ComplianceColumn, Direction]] = (),
    **options: Unpack[QueryOptions],
) -> Query[ComplianceRow]:
    """A query. Evaluations of messages against compliance rules, by the time of the evaluation."""
    return make_query(ComplianceRow, "compliance", measures, dimensions, filter, having, order_by, options)
