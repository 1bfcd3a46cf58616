"""The answers of the API.

Made by `python -m tools.export`; do not edit.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct, field

LIVE_THROUGHPUT: Final = """subscription ($every: Int!) {
  liveThroughput(every: $every) { time seconds messages delivered failed tps dataAsOf completeUntil }
}"""


class Window(Struct, frozen=True, kw_only=True, rename="camel"):
    """A half-open range of whole UTC hours."""

    from_: datetime = field(name="from")
    """First hour of the window, included (UTC)."""
    to: datetime
    """End of the window, excluded (UTC)."""


class Point(Struct, frozen=True, kw_only=True, rename="camel"):
    """One hour or day of a series."""

    time: datetime
    """Start of the bucket (UTC)."""
    total_messages: int
    """A whole number; negative where refunds exceed messages."""
    delivered_messages: int
    """Messages with a delivery report that says delivered."""
    failed_messages: int
    """Messages with a final report that says failed, expired or rejected."""
    pending_messages: int
    """max(messages - delivered - failed, 0)."""
    delivery_rate: float | None
    """delivered / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    error_rate: float | None
    """failed / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    total_cost: Decimal
    """In the reporting currency, exact, with 6 decimals."""
    avg_latency_ms: int | None
    """Mean latency of terminal delivery reports, ms; null without reports."""
    p95_latency_ms: int | None
    """95th percentile of latency over all samples, within 1 %, ms; null without samples."""
    peak_tps: int
    """Highest messages per second in a delivery report; 0 without reports."""
    quality: str = "ACTUAL"
    """How reliable the point is. ACTUAL: Counted, with all events that have arrived. PARTIAL: Incomplete: the bucket
    ends after completeUntil, or the window has only some of its hours. INTERPOLATED: Not counted at this resolution:
    a share of the count of a longer bucket. ESTIMATED: Computed from a sample or a sketch, with an error.
    """


class Summary(Struct, frozen=True, kw_only=True, rename="camel"):
    """The whole platform in a window."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    total_messages: int
    """A whole number; negative where refunds exceed messages."""
    refunded_messages: int | None
    """Refunds, already subtracted from the messages; null if some hours were counted without them."""
    delivered_messages: int
    """Messages with a delivery report that says delivered."""
    failed_messages: int
    """Messages with a final report that says failed, expired or rejected."""
    pending_messages: int
    """max(messages - delivered - failed, 0)."""
    pending_share: float | None
    """Maturity of delivery reports: the share of the messages that have no final report yet, pending / max(messages,
    delivered + failed), 4 decimals; null for 0/0.
    """
    provisional: bool
    """At least 1 % of the messages have no final report yet: rates will still change."""
    delivery_rate: float | None
    """delivered / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    total_cost: Decimal
    """In the reporting currency, exact, with 6 decimals."""
    costs_by_currency: Mapping[str, Decimal]
    """Cost by currency, including the reporting currency; nothing is converted."""
    active_accounts: int
    """Accounts with a billing event or delivery report."""
    peak_tps: int
    """Highest messages per second in a delivery report; 0 without reports."""
    avg_latency_ms: int | None
    """Mean latency of terminal delivery reports, ms; null without reports."""
    p95_latency_ms: int | None
    """95th percentile of latency over all samples, within 1 %, ms; null without samples."""
    low_sample: bool
    """Fewer than 100 terminal delivery reports: rates and latencies are uncertain."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""
    series: Sequence[Point]
    """Every hour or day of the window, in order."""


class OperatorPerformance(Struct, frozen=True, kw_only=True, rename="camel"):
    """The performance of one operator in a window."""

    operator_id: str
    """The operator, by its id in events."""
    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    total_messages: int
    """A whole number; negative where refunds exceed messages."""
    refunded_messages: int | None
    """Refunds, already subtracted from the messages; null if some hours were counted without them."""
    delivered_messages: int
    """Messages with a delivery report that says delivered."""
    failed_messages: int
    """Messages with a final report that says failed, expired or rejected."""
    pending_messages: int
    """max(messages - delivered - failed, 0)."""
    pending_share: float | None
    """Maturity of delivery reports: the share of the messages that have no final report yet, pending / max(messages,
    delivered + failed), 4 decimals; null for 0/0.
    """
    provisional: bool
    """At least 1 % of the messages have no final report yet: rates will still change."""
    delivery_rate: float | None
    """delivered / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    error_rate: float | None
    """failed / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    avg_latency_ms: int | None
    """Mean latency of terminal delivery reports, ms; null without reports."""
    p95_latency_ms: int | None
    """95th percentile of latency over all samples, within 1 %, ms; null without samples."""
    low_sample: bool
    """Fewer than 100 terminal delivery reports: rates and latencies are uncertain."""
    peak_tps: int
    """Highest messages per second in a delivery report; 0 without reports."""
    total_cost: Decimal
    """In the reporting currency, exact, with 6 decimals."""
    costs_by_currency: Mapping[str, Decimal]
    """Cost by currency, including the reporting currency; nothing is converted."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""
    series: Sequence[Point]
    """Every hour or day of the window, in order."""


class UsageDay(Struct, frozen=True, kw_only=True, rename="camel"):
    """One UTC day of an account. The first and last day have only the hours of the window."""

    date: date
    """UTC day."""
    sent: int
    """A whole number; negative where refunds exceed messages."""
    delivered: int
    """Messages with a delivery report that says delivered."""
    failed: int
    """Messages with a final report that says failed, expired or rejected."""
    segments: int
    """A whole number; negative where refunds exceed messages."""
    cost: Decimal
    """In the reporting currency, exact, with 6 decimals."""
    quality: str = "ACTUAL"
    """How reliable the point is. ACTUAL: Counted, with all events that have arrived. PARTIAL: Incomplete: the bucket
    ends after completeUntil, or the window has only some of its hours. INTERPOLATED: Not counted at this resolution:
    a share of the count of a longer bucket. ESTIMATED: Computed from a sample or a sketch, with an error.
    """


class AccountUsage(Struct, frozen=True, kw_only=True, rename="camel"):
    """The messages of one account in a window, and their cost."""

    account_id: str
    """The account, by its id in events."""
    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    messages_sent: int
    """A whole number; negative where refunds exceed messages."""
    refunded_messages: int | None
    """Refunds, already subtracted from the messages; null if some hours were counted without them."""
    messages_delivered: int
    """Messages with a delivery report that says delivered."""
    messages_failed: int
    """Messages with a final report that says failed, expired or rejected."""
    pending_share: float | None
    """Maturity of delivery reports: the share of the messages that have no final report yet, pending / max(messages,
    delivered + failed), 4 decimals; null for 0/0.
    """
    provisional: bool
    """At least 1 % of the messages have no final report yet: rates will still change."""
    delivery_rate: float | None
    """delivered / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    segments: int
    """A whole number; negative where refunds exceed messages."""
    total_cost: Decimal
    """In the reporting currency, exact, with 6 decimals."""
    costs_by_currency: Mapping[str, Decimal]
    """Cost by currency, including the reporting currency; nothing is converted."""
    avg_cost_per_message: Decimal | None
    """totalCost / messagesSent; null unless messagesSent is positive."""
    daily_breakdown: Sequence[UsageDay]
    """Every day of the window, in order."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""


class ThroughputPoint(Struct, frozen=True, kw_only=True, rename="camel"):
    """One minute, five minutes or hour."""

    time: datetime
    """Start of the bucket (UTC)."""
    messages: int
    """A whole number; negative where refunds exceed messages."""
    delivered: int
    """Messages with a delivery report that says delivered."""
    failed: int
    """Messages with a final report that says failed, expired or rejected."""
    tps: float
    """Messages per second over the point, 4 decimals."""
    quality: str = "ACTUAL"
    """How reliable the point is. ACTUAL: Counted, with all events that have arrived. PARTIAL: Incomplete: the bucket
    ends after completeUntil, or the window has only some of its hours. INTERPOLATED: Not counted at this resolution:
    a share of the count of a longer bucket. ESTIMATED: Computed from a sample or a sketch, with an error.
    """


class Throughput(Struct, frozen=True, kw_only=True, rename="camel"):
    """Messages over time. Hours are counted; finer points divide their hour's counts evenly."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    resolution: str
    """Length of a point: 1m, 5m or 1h."""
    interpolated: bool
    """True for 1m and 5m, which divide the counts of hours."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""
    series: Sequence[ThroughputPoint]
    """Every point of the window, in order; the points of an hour sum exactly to that hour."""


class ByStatus(Struct, frozen=True, kw_only=True, rename="camel"):
    """The platform's messages by delivery status."""

    delivered: int
    """Messages with a delivery report that says delivered."""
    failed: int
    """Messages with a final report that says failed, expired or rejected."""
    pending: int
    """max(messages - delivered - failed, 0)."""


class OperatorShare(Struct, frozen=True, kw_only=True, rename="camel"):
    """One operator's messages by delivery status."""

    operator_id: str
    """The operator, by its id in events."""
    total: int
    """A whole number; negative where refunds exceed messages."""
    delivered: int
    """Messages with a delivery report that says delivered."""
    failed: int
    """Messages with a final report that says failed, expired or rejected."""
    pending: int
    """max(messages - delivered - failed, 0)."""
    delivery_rate: float | None
    """delivered / max(messages, delivered + failed), 4 decimals; null for 0/0."""
    error_rate: float | None
    """failed / max(messages, delivered + failed), 4 decimals; null for 0/0."""


class DeliveryBreakdown(Struct, frozen=True, kw_only=True, rename="camel"):
    """The messages of a window by delivery status, on the platform and by operator."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    by_status: ByStatus
    """The whole platform."""
    pending_share: float | None
    """Maturity of delivery reports: the share of the messages that have no final report yet, pending / max(messages,
    delivered + failed), 4 decimals; null for 0/0.
    """
    provisional: bool
    """At least 1 % of the messages have no final report yet: rates will still change."""
    by_operator: Sequence[OperatorShare]
    """Every operator with counts in the window, most messages first."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""


class TopOperators(Struct, frozen=True, kw_only=True, rename="camel"):
    """The operators with most messages in a window."""

    operators: Sequence[OperatorPerformance]
    """Most messages first; equal ones by operator id."""
    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""


class Comparison(Struct, frozen=True, kw_only=True, rename="camel"):
    """A comparison of our cost of a UTC day and currency with billing's. A newer run of the same day replaces it."""

    run_id: int
    """The run that compared; a later run has a greater one."""
    day: date
    """The UTC day."""
    currency: str
    """ISO 4217, or the value of an INVALID row; nothing is converted."""
    ours: Decimal | None
    """The cost that we counted, exactly; null if nothing was billed here."""
    theirs: Decimal | None
    """The cost that billing charged, exactly; null if it has no row, or an INVALID one."""
    difference: Decimal
    """ours - theirs; a missing or INVALID cost counts as 0."""
    divergence: float
    """abs(difference) / abs(theirs); for theirs = 0: 0 if ours is 0 too, else 1; for INVALID: 1."""
    status: str
    """How the comparison ended. OK: Our cost equals billing's, up to a divergence of 0.0001. DIVERGED: Our cost
    differs from billing's by more than that. MISSING_OURS: Billing has a row, and nothing was billed here.
    MISSING_THEIRS: Billing has no row. INVALID: Billing's row cannot be compared; `reason` says why.
    """
    reason: str | None
    """For INVALID: which value of billing's row is no total, and why; else null."""
    our_messages: int | None
    """Messages of the whole day in all currencies, less refunds; null if not known."""
    their_messages: int | None
    """Messages of the whole day in all currencies, less refunds; null if not known."""
    compared_at: datetime
    """When the run compared them."""


class Finding(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something that could explain a difference, in part or as a whole."""

    cause: str
    """The cause. PRICE: Both sides have the same number of messages: a price or factor differs. COUNTED_SINCE: Events
    were counted after the comparison. REFUSED: Dead letters: billing may have charged what cannot be counted here.
    LATE: Events that were stored after the day's end: billing may have closed the day without them. WAITING: Messages
    wait in their stream. LOST: Messages are gone from their stream that were never counted. REFUNDS: Refunds of the
    day: billing may not have subtracted them. REFUNDS_FROM_BEFORE: Refunds in the day's first hour: billing may have
    booked them on the day before. REFUNDS_BOOKED_AFTER: Refunds in the first hour after the day: billing may have
    booked them on this day. COPIES: Copies of events: billing may have charged each. CURRENCY: Another currency
    differs the other way. NEIGHBOUR: A day before or after differs by the opposite: events were booked across
    midnight.
    """
    sentence: str
    """The finding, for people."""
    messages: int | None
    """Messages that it concerns; null if not known."""
    amount: Decimal | None
    """What it adds to ours - theirs if it is the cause; null if not known."""
    explains: bool
    """It explains the whole difference, up to the tolerance of 0.01 %."""


class Acceptance(Struct, frozen=True, kw_only=True, rename="camel"):
    """Who accepted a difference, when and why. It holds while the difference stays the same."""

    accepted_by: str
    """Who accepted it."""
    accepted_at: datetime
    """When."""
    note: str
    """Why."""
    difference: Decimal
    """The difference that was accepted."""
    holds: bool
    """The last comparison has this difference, so its alert is off."""


class ExplainedComparison(Struct, frozen=True, kw_only=True, rename="camel"):
    """The last comparison of a currency, what could explain it, and whether it was accepted."""

    comparison: Comparison
    """The last comparison of the day and currency."""
    findings: Sequence[Finding]
    """What could explain it, whole explanations first; none if it is OK."""
    acceptances: Sequence[Acceptance]
    """Who accepted a difference, newest first."""


class AccountMove(Struct, frozen=True, kw_only=True, rename="camel"):
    """How an account's cost of the day differs from its days before, in the reporting currency."""

    account_id: str
    """The account, by its id in events."""
    cost: Decimal
    """Its cost of the day."""
    before: Decimal
    """Its mean cost of the seven days before."""
    change: Decimal
    """cost - before."""


class DayExplanation(Struct, frozen=True, kw_only=True, rename="camel"):
    """What could explain a day's difference with billing."""

    day: date
    """The UTC day."""
    comparisons: Sequence[ExplainedComparison]
    """The last comparison of each currency. Empty: none was made."""
    accounts: Sequence[AccountMove]
    """Accounts whose cost moved most against the seven days before."""


class LedgerAmounts(Struct, frozen=True, kw_only=True, rename="camel"):
    """Messages and their amounts."""

    messages: int
    """How many messages."""
    amounts: Mapping[str, Decimal]
    """Charges less refunds by currency, where the messages have amounts that can be read."""


class LedgerRefusals(Struct, frozen=True, kw_only=True, rename="camel"):
    """Messages that were refused for one reason: each has a dead letter."""

    messages: int
    """How many messages."""
    amounts: Mapping[str, Decimal]
    """Charges less refunds by currency, where the messages have amounts that can be read."""
    reason: str
    """The reason of their dead letters."""


class LedgerLine(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of the messages of a stream, for one function that counts them."""

    stream: str
    """The stream."""
    function: str
    """The function; functions that share a stream have lines of their own."""
    stored: int | None
    """Messages that the stream stored, by its own sequences, so far in an open hour; null if nobody noted them."""
    counted: LedgerAmounts
    """Messages that are in the figures."""
    copies: LedgerAmounts
    """Messages with the id and time of another one, which is counted in their place."""
    refused: Sequence[LedgerRefusals]
    """Messages that cannot be counted, by reason."""
    waiting: int | None
    """Messages that the stream still has to deliver; null if stored is. Their amounts are not known."""
    missing: int | None
    """stored - counted - copies - refused - waiting: above 0, messages are gone that were never counted; below 0,
    messages were counted that the stream did not store. Null if stored is.
    """
    holds: bool | None
    """Whether stored = counted + copies + refused + waiting; null if stored is."""


class LedgerHour(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of the messages that a stream stored in one hour, for one function."""

    stream: str
    """The stream."""
    function: str
    """The function; functions that share a stream have lines of their own."""
    stored: int | None
    """Messages that the stream stored, by its own sequences, so far in an open hour; null if nobody noted them."""
    counted: LedgerAmounts
    """Messages that are in the figures."""
    copies: LedgerAmounts
    """Messages with the id and time of another one, which is counted in their place."""
    refused: Sequence[LedgerRefusals]
    """Messages that cannot be counted, by reason."""
    waiting: int | None
    """Messages that the stream still has to deliver; null if stored is. Their amounts are not known."""
    missing: int | None
    """stored - counted - copies - refused - waiting: above 0, messages are gone that were never counted; below 0,
    messages were counted that the stream did not store. Null if stored is.
    """
    holds: bool | None
    """Whether stored = counted + copies + refused + waiting; null if stored is."""
    hour: datetime
    """When the stream stored the messages, by its clock (UTC)."""
    open: bool
    """The stream may store further messages in this hour."""


class Ledger(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of every message, by stream, function and hour of storage."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    since: datetime | None
    """The first hour of which the ledger has all messages; null if it has all hours."""
    holds: bool
    """Whether the equation holds in all hours of which `stored` is known."""
    totals: Sequence[LedgerLine]
    """One line per function: the sums of its hours."""
    hours: Sequence[LedgerHour]
    """Hours with messages, in order; by function within."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""


class RestatedFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a closed day said of the platform, an operator or an account."""

    total_messages: int
    """A whole number; negative where refunds exceed messages."""
    refunded_messages: int | None
    """Refunds, already subtracted; null if some hours were counted without them."""
    delivered_messages: int
    """Reports of delivery."""
    failed_messages: int
    """Final reports of all other kinds."""
    segments: int
    """A whole number; negative where refunds exceed messages."""
    total_cost: Decimal
    """In the reporting currency, exact, with 6 decimals."""
    costs_by_currency: Mapping[str, Decimal]
    """Cost by currency, including the reporting currency; nothing is converted."""


class Restatement(Struct, frozen=True, kw_only=True, rename="camel"):
    """One change of what a closed day says."""

    day: date
    """The UTC day."""
    number: int
    """Counts the day's changes; changes of one number became known together."""
    scope: str
    """Whether the row is the platform's, an operator's or an account's."""
    id: str
    """The operator or account; `platform` for the platform."""
    changed_at: datetime
    """Until then, reports said `before`."""
    settled_at: datetime
    """From then on, they said `after`, until the next change."""
    causes: Sequence[str]
    """What changed the day. EVENTS: Late events were counted, or earlier copies of counted ones. REBUILD: A stream
    was counted again. COPIES: A peak rate of a discarded copy was computed again.
    """
    events: int | None
    """How many events it has more: charges, refunds and reports; null if refunds are not known."""
    before: RestatedFigures | None
    """What the day said; null if it said nothing of this row, or had moved to the archive."""
    after: RestatedFigures | None
    """What it said then; null if it said nothing of this row, or had moved to the archive."""
    change: RestatedFigures
    """after - before."""


class Restatements(Struct, frozen=True, kw_only=True, rename="camel"):
    """What changed on closed days."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    truncated: bool
    """There are older changes than `limit` allows: request fewer days."""
    changes: Sequence[Restatement]
    """The newest first; by id within."""


class MnoQualityFigures(Struct, frozen=True, kw_only=True, rename="camel"):
    """The quality of one MNO, by delivery reports. If `suppressed`, it has no figures."""

    mno: str
    """The MNO: its name for the platform's callers and under a data-share addendum, otherwise the tenant's own
    pseudonym, which never changes and reveals nothing. `unknown`: messages whose events name no MNO.
    """
    messages: int | None = None
    """Delivery reports, each counted once, as in queries."""
    terminal: int | None = None
    """Terminal (not pending) delivery reports: the denominator of rates."""
    share: float | None = None
    """messages / messages of all MNOs that are not suppressed in this answer, 4 decimals."""
    delivery_rate: float | None = None
    """delivered / terminal, 4 decimals; null for 0/0."""
    error_rate: float | None = None
    """failed / terminal, 4 decimals; null for 0/0."""
    esme_error_rate: float | None = None
    """Terminal reports with an error code / terminal, 4 decimals; null for 0/0."""
    p50_latency_ms: int | None = None
    """Median latency, ms; a t-digest's estimate."""
    p95_latency_ms: int | None = None
    """95th percentile of latency, ms; a t-digest's estimate."""
    suppressed: bool
    """Whether figures are left out because there are fewer than 20 terminal reports. Never for the platform's callers
    and under a data-share addendum.
    """
    low_sample: bool
    """Whether there are fewer than 100 terminal reports."""


class MnoQuality(Struct, frozen=True, kw_only=True, rename="camel"):
    """Delivery rates, error rates and latencies per MNO."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    mnos: Sequence[MnoQualityFigures]
    """In the order of `mno`."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""


class CostQualityDay(Struct, frozen=True, kw_only=True, rename="camel"):
    """One UTC day of one MNO in one currency."""

    date: date
    """UTC day; the first and the last day may be partial."""
    messages: int
    """Call detail records, each counted once: the volume."""
    delivered: int
    """Records of delivered messages."""
    delivery_rate: float | None
    """delivered / terminal (not pending) call detail records of this currency, 4 decimals; null for 0/0. `mnoQuality`
    computes it from delivery reports instead.
    """
    cost: Decimal
    """The exact charge of all its records, in `currency`."""
    cost_per_delivered: Decimal | None
    """cost / delivered records, 6 decimals, rounded half up; null without delivered records."""
    quality: str
    """PARTIAL when the window covers only part of the day, or the day ends after completeUntil (after dataAsOf while
    that is unknown).
    """


class MnoCostQuality(Struct, frozen=True, kw_only=True, rename="camel"):
    """One MNO in one currency, over the window. An MNO with two currencies appears twice; nothing is converted."""

    mno: str
    """The MNO: its name for the platform's callers and under a data-share addendum, otherwise the tenant's own
    pseudonym, which never changes and reveals nothing. `unknown`: messages whose events name no MNO.
    """
    currency: str
    """ISO 4217."""
    messages: int
    """Call detail records, each counted once: the volume."""
    delivered: int
    """Records of delivered messages."""
    delivery_rate: float | None
    """delivered / terminal (not pending) call detail records of this currency, 4 decimals; null for 0/0. `mnoQuality`
    computes it from delivery reports instead.
    """
    cost: Decimal
    """The exact charge of all its records, in `currency`."""
    cost_per_delivered: Decimal | None
    """cost / delivered records, 6 decimals, rounded half up; null without delivered records."""
    days: Sequence[CostQualityDay]
    """The days with records; their figures add up to these."""


class CostQuality(Struct, frozen=True, kw_only=True, rename="camel"):
    """Cost and delivery rate per MNO and currency, from call detail records of all tenants."""

    window: Window
    """The whole hours that were counted: the requested window, snapped outward."""
    mnos: Sequence[MnoCostQuality]
    """In the order of `mno` and `currency`."""
    data_as_of: datetime | None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""


class CatalogMeasure(Struct, frozen=True, kw_only=True, rename="camel"):
    """A figure of each row."""

    name: str
    """The name in queries."""
    type: str
    """`integer`: exact; `rate`: a number with 4 decimals; `money`: a string with 6 decimals."""
    unit: str
    """The unit that it counts or measures."""
    meaning: str
    """One sentence."""
    nullable: bool
    """Whether it may be null, when there is nothing to divide by or average."""
    approximate: str | None
    """The method that estimates it; null if it is exact."""
    operators: Sequence[str]
    """The operators that `having` allows for it."""
    discloses: str | None
    """The restricted information that it discloses: COST or MNO; null if it discloses none."""


class CatalogDimension(Struct, frozen=True, kw_only=True, rename="camel"):
    """A text to group and filter by."""

    name: str
    """The name in queries."""
    meaning: str
    """One sentence."""
    values: Sequence[str]
    """All its values if they are a closed list, otherwise empty."""
    nullable: bool
    """Whether it may be null."""
    operators: Sequence[str]
    """The operators that `filter` allows for it."""
    discloses: str | None
    """The restricted information that it discloses: COST or MNO; null if it discloses none."""


class CatalogDataset(Struct, frozen=True, kw_only=True, rename="camel"):
    """One kind of events."""

    name: str
    """The name in queries."""
    meaning: str
    """One sentence."""
    measures: Sequence[CatalogMeasure]
    """The figures that a query can compute."""
    dimensions: Sequence[CatalogDimension]
    """The attributes that a query can group and filter by."""


class Catalog(Struct, frozen=True, kw_only=True, rename="camel"):
    """The names that a query may use, each with its meaning."""

    datasets: Sequence[CatalogDataset]
    """The datasets that a query can read."""
    granularities: Sequence[str]
    """The values of `time.granularity`."""
    compare_to: Sequence[str]
    """The values of `compareTo`."""


class QueryWindow(Struct, frozen=True, kw_only=True, rename="camel"):
    """Half-open and exact, not snapped."""

    from_: datetime = field(name="from")
    """Start."""
    to: datetime
    """End, excluded."""


class ExtractMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """The source of an extract's figures, and how complete they are."""

    source: str
    """The table that was read: a cube, or facts."""
    read_at: datetime
    """The time just before the rows were read, all at one instant."""
    data_as_of: datetime | None
    """Newest event time whose effect was in that table; null when it was empty."""
    complete_until: datetime | None
    """As in the answer of a query, at `readAt`; null while it is unknown."""
    approximate: Mapping[str, str]
    """Measures that are not exact, each with the method that estimated it."""
    window: QueryWindow
    """The window of the rows."""
    previous_window: QueryWindow | None
    """With `compareTo`: the window of `previous`."""
    totals: Mapping[str, Any] | None
    """With `totals`: the measures over all rows of the query."""


class FileLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """One file, as in the manifest, with its link."""

    name: str
    rows: int
    bytes: int
    sha256: str
    """The hash of the file, in hexadecimal."""
    url: str
    """Link to the file, valid for anyone until `linksExpireAt`."""


class ManifestLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """Links to the manifest and to its signature."""

    url: str
    signature_url: str
    """Link to the signature: 64 bytes, Ed25519, by the manifest's `keyId`."""


class ExportAnswer(Struct, frozen=True, kw_only=True, rename="camel"):
    """One export. It has links if it is done and was requested by its id."""

    id: str
    status: str
    request: Mapping[str, Any]
    """The request's body."""
    requested_at: datetime
    """Relative windows are resolved against this time."""
    reason: str | None
    """The reason for which it failed, waits, or expired early."""
    meta: ExtractMeta | None
    """The source of the figures; null until they are read."""
    finished_at: datetime | None
    expires_at: datetime | None
    """The time at which its files are deleted."""
    rows_planned: int | None
    """The number of its rows; null until they are read."""
    rows: int
    """Rows in the written files."""
    bytes: int
    """Bytes of the written files."""
    files_written: int
    """The number of written files."""
    checksum: str | None
    """`sha256:` and the hash of the manifest; null until it is done."""
    files: Sequence[FileLink] = ()
    manifest: ManifestLink | None = None
    links_expire_at: datetime | None = None


class Page(Struct, frozen=True, kw_only=True, rename="camel"):
    """The position of the next page."""

    end_cursor: str | None = None
    """The next page's `after`; null on the last page."""
    has_next_page: bool = False
    """Whether the next page has rows."""


class ExportList(Struct, frozen=True, kw_only=True, rename="camel"):
    """The caller's exports, newest first."""

    data: Sequence[ExportAnswer]
    page: Page


class PublicKey(Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON Web Key (RFC 7517, RFC 8037), and the same key as PEM."""

    kty: str = "OKP"
    crv: str = "Ed25519"
    alg: str = "EdDSA"
    use: str = "sig"
    x: str
    kid: str
    pem: str


class PublicKeys(Struct, frozen=True, kw_only=True, rename="camel"):
    """A JSON Web Key Set."""

    keys: Sequence[PublicKey]


class Verified(Struct, frozen=True, kw_only=True, rename="camel"):
    """How far the cells of a window were compared with their facts."""

    at: datetime | None
    """No checked day of the window was last checked before this; null when none was checked."""
    result: str
    """`DIFFERENT` while a difference in the window is open: the figures need not be right."""
    checked_days: int
    """Days of the window whose cells were checked."""
    days: int
    """UTC days that the window touches."""


class QueryMeta(Struct, frozen=True, kw_only=True, rename="camel"):
    """The source of the figures, and how complete they are."""

    source: str
    """What answered: a cube, facts, or both joined by `+`: facts answer for hours that the cube has yet to follow."""
    data_as_of: datetime | None
    """Newest event time whose effect is in the first of these tables; null when it is empty. Newer events may be
    counted.
    """
    complete_until: datetime | None = None
    """Everything that had reached the streams by this time is counted; null while that is unknown."""
    row_cap: int
    """The most rows that all pages of one query return together."""
    truncated: bool
    """Whether `rowCap` left out further rows."""
    approximate: Mapping[str, str]
    """Measures that are not exact, each with the method that estimated it."""
    elapsed_ms: int
    """Time from the query's arrival to its answer, ms."""
    window: QueryWindow
    """The window of the rows."""
    previous_window: QueryWindow | None = None
    """With `compareTo`: the window of `previous`."""
    verified: Verified | None = None
    """When the window's cells were last compared with their facts, and with what result; for a tenant, its own cells.
    Null when nothing is known.
    """


class QueryStatement(Struct, frozen=True, kw_only=True, rename="camel"):
    """One statement for ClickHouse; only the platform's own callers see it."""

    sql: str
    """The SQL, with a placeholder for each value."""
    parameters: Mapping[str, Any]
    """The values, which the engine binds."""


class Explanation(Struct, frozen=True, kw_only=True, rename="camel"):
    """How the query would run; it was not run."""

    table: str
    """The cheapest table that can answer."""
    estimated_rows: int | None = None
    """Rows that the engine expects to read. Null for tenants, because the estimate counts whole blocks, which hold
    rows of all tenants.
    """
    reasons: Sequence[str]
    """Why cheaper tables cannot answer; empty when a cube answers."""
    statements: Sequence[QueryStatement] | None = None
    """The statements; null for tenants."""


class QueryProblem(Struct, frozen=True, kw_only=True, rename="camel"):
    """One problem of a query."""

    path: str
    """JSON path of the wrong value, such as `$.filter.and[0].field`."""
    message: str
    """What is wrong with it."""
    allowed: Sequence[str] = ()
    """The allowed values; if there are many, those nearest to the wrong one."""


class Problem(Struct, frozen=True, kw_only=True, rename="camel"):
    """An error, for programs (`code`) and for people (`detail`)."""

    type: str
    """A URN of the kind of problem."""
    title: str
    """The kind of problem in words."""
    status: int
    """The HTTP status, repeated."""
    code: str
    """The kind of problem for programs."""
    detail: str
    """What was wrong with this request, and how to fix it."""
    request_id: str
    """The response's X-Request-Id."""
    problems: Sequence[QueryProblem] = ()
    """All problems of a query; absent for other errors."""


class LiveThroughput(Struct, frozen=True, kw_only=True, rename="camel"):
    """The messages and reports that the platform counted between two reads."""

    time: datetime
    """When the counts were read (UTC)."""
    seconds: float
    """Seconds since the counts were read before."""
    messages: int
    """Messages counted since then; negative where refunds exceed messages."""
    delivered: int
    """Reports of delivery counted since then."""
    failed: int
    """Reports of failure counted since then."""
    tps: float
    """Messages counted per second, 4 decimals."""
    data_as_of: datetime | None = None
    """Newest event time that is counted; null when nothing is."""
    complete_until: datetime | None = None
    """All events that had reached our streams by this time are counted, from all sources; null while not known."""
