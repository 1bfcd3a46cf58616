"""The answer that says what could explain a day's difference with billing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

from graph.answer import Answer, Report
from graph.lists.reconciliation import Comparison
from graph.reports.fields import AccountId, Money
from schema.instants import AwareTime
from schema.money import MONEY_PATTERN

Cause: TypeAlias = Literal[
    "PRICE",
    "COUNTED_SINCE",
    "REFUSED",
    "LATE",
    "WAITING",
    "LOST",
    "REFUNDS",
    "REFUNDS_FROM_BEFORE",
    "REFUNDS_BOOKED_AFTER",
    "COPIES",
    "CURRENCY",
    "NEIGHBOUR",
]
CAUSES: Final[Mapping[Cause, str]] = {
    "PRICE": "Both sides have the same number of messages: a price or factor differs.",
    "COUNTED_SINCE": "Events were counted after the comparison.",
    "REFUSED": "Dead letters: billing may have charged what cannot be counted here.",
    "LATE": "Events that were stored after the day's end: billing may have closed the day without them.",
    "WAITING": "Messages wait in their stream.",
    "LOST": "Messages are gone from their stream that were never counted.",
    "REFUNDS": "Refunds of the day: billing may not have subtracted them.",
    "REFUNDS_FROM_BEFORE": "Refunds in the day's first hour: billing may have booked them on the day before.",
    "REFUNDS_BOOKED_AFTER": "Refunds in the first hour after the day: billing may have booked them on this day.",
    "COPIES": "Copies of events: billing may have charged each.",
    "CURRENCY": "Another currency differs the other way.",
    "NEIGHBOUR": "A day before or after differs by the opposite: events were booked across midnight.",
}


class Acceptance(Answer, frozen=True, kw_only=True, rename="camel"):
    """Who accepted a difference, when and why. It holds while the difference stays the same."""

    accepted_by: Annotated[str, Meta(description="Who accepted it.")]
    accepted_at: Annotated[AwareTime, Meta(description="When.")]
    note: Annotated[str, Meta(description="Why.")]
    difference: Annotated[str, Meta(pattern=MONEY_PATTERN, description="The difference that was accepted.")]
    holds: Annotated[bool, Meta(description="The last comparison has this difference, so its alert is off.")]


class Finding(Answer, frozen=True, kw_only=True, rename="camel"):
    """Something that could explain a difference, in part or as a whole."""

    cause: Annotated[Cause, Meta(description="The cause. " + " ".join(f"{k}: {v}" for k, v in CAUSES.items()))]
    sentence: Annotated[str, Meta(description="The finding, for people.")]
    messages: Annotated[int | None, Meta(description="Messages that it concerns; null if not known.")]
    amount: Annotated[
        Money | None, Meta(description="What it adds to ours - theirs if it is the cause; null if not known.")
    ]
    explains: Annotated[bool, Meta(description="It explains the whole difference, up to the tolerance of 0.01 %.")]


class ExplainedComparison(Answer, frozen=True, kw_only=True, rename="camel"):
    """The last comparison of a currency, what could explain it, and whether it was accepted."""

    comparison: Annotated[Comparison, Meta(description="The last comparison of the day and currency.")]
    findings: Annotated[
        Sequence[Finding], Meta(description="What could explain it, whole explanations first; none if it is OK.")
    ]
    acceptances: Annotated[Sequence[Acceptance], Meta(description="Who accepted a difference, newest first.")]


class AccountMove(Answer, frozen=True, kw_only=True, rename="camel"):
    """How an account's cost of the day differs from its days before, in the reporting currency."""

    account_id: AccountId
    cost: Annotated[Money, Meta(description="Its cost of the day.")]
    before: Annotated[Money, Meta(description="Its mean cost of the seven days before.")]
    change: Annotated[Money, Meta(description="cost - before.")]


class DayExplanation(Report, frozen=True, kw_only=True):
    """What could explain a day's difference with billing."""

    about = "What could explain that our cost of a day differs from billing's, with amounts."

    day: Annotated[date, Meta(description="The UTC day.")]
    comparisons: Annotated[
        Sequence[ExplainedComparison], Meta(description="The last comparison of each currency. Empty: none was made.")
    ]
    accounts: Annotated[
        Sequence[AccountMove], Meta(description="Accounts whose cost moved most against the seven days before.")
    ]
