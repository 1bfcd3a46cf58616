"""The answer that lists what changed on closed days."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

from graph.answer import Answer, Report
from graph.reports.fields import Costs, Count, Money, UsedWindow
from schema.instants import AwareTime

RestatedScope: TypeAlias = Literal["PLATFORM", "OPERATOR", "ACCOUNT"]
RestatedSubjects: TypeAlias = Literal["platform", "operators", "accounts"]
MAX_RESTATEMENTS: Final = 1000
DEFAULT_RESTATEMENTS: Final = 100
RestatementCause: TypeAlias = Literal["EVENTS", "REBUILD", "COPIES"]
RESTATEMENT_CAUSES: Final[Mapping[RestatementCause, str]] = {
    "EVENTS": "Late events were counted, or earlier copies of counted ones.",
    "REBUILD": "A stream was counted again.",
    "COPIES": "A peak rate of a discarded copy was computed again.",
}


class RestatedFigures(Answer, frozen=True, kw_only=True, rename="camel"):
    """What a closed day said of the platform, an operator or an account."""

    total_messages: Count
    refunded_messages: Annotated[
        int | None, Meta(description="Refunds, already subtracted; null if some hours were counted without them.")
    ]
    delivered_messages: Annotated[int, Meta(description="Reports of delivery.")]
    failed_messages: Annotated[int, Meta(description="Final reports of all other kinds.")]
    segments: Count
    total_cost: Money
    costs_by_currency: Costs


class Restatement(Answer, frozen=True, kw_only=True, rename="camel"):
    """One change of what a closed day says."""

    day: Annotated[date, Meta(description="The UTC day.")]
    number: Annotated[
        int, Meta(ge=1, description="Counts the day's changes; changes of one number became known together.")
    ]
    scope: Annotated[
        RestatedScope, Meta(description="Whether the row is the platform's, an operator's or an account's.")
    ]
    id: Annotated[str, Meta(description="The operator or account; `platform` for the platform.")]
    changed_at: Annotated[AwareTime, Meta(description="Until then, reports said `before`.")]
    settled_at: Annotated[AwareTime, Meta(description="From then on, they said `after`, until the next change.")]
    causes: Annotated[
        Sequence[RestatementCause],
        Meta(description="What changed the day. " + " ".join(f"{k}: {v}" for k, v in RESTATEMENT_CAUSES.items())),
    ]
    events: Annotated[
        int | None,
        Meta(description="How many events it has more: charges, refunds and reports; null if refunds are not known."),
    ]
    before: Annotated[
        RestatedFigures | None,
        Meta(description="What the day said; null if it said nothing of this row, or had moved to the archive."),
    ]
    after: Annotated[
        RestatedFigures | None,
        Meta(description="What it said then; null if it said nothing of this row, or had moved to the archive."),
    ]
    change: Annotated[RestatedFigures, Meta(description="after - before.")]


class Restatements(Report, frozen=True, kw_only=True):
    """What changed on closed days."""

    about = (
        "What changed on closed days: what they said, what they say since, when, and by how many events. Without a "
        "window, of the last 90 days. A customer reads its own account's."
    )

    window: UsedWindow
    truncated: Annotated[bool, Meta(description="There are older changes than `limit` allows: request fewer days.")]
    changes: Annotated[Sequence[Restatement], Meta(description="The newest first; by id within.")]
