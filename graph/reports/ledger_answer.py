"""The answer of the ledger. graph/reports/answers.py has all other answers."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias

from msgspec import Meta

from graph.answer import Answer, Report
from graph.reports.fields import DataAsOf, Money, UsedWindow
from schema.instants import AwareTime

Messages: TypeAlias = Annotated[int, Meta(description="How many messages.")]
Stored: TypeAlias = Annotated[
    int | None,
    Meta(
        description="Messages that the stream stored, by its own sequences, so far in an open hour; null if nobody "
        "noted them."
    ),
]
Waiting: TypeAlias = Annotated[
    int | None,
    Meta(description="Messages that the stream still has to deliver; null if stored is. Their amounts are not known."),
]
Missing: TypeAlias = Annotated[
    int | None,
    Meta(
        description="stored - counted - copies - refused - waiting: above 0, messages are gone that were never "
        "counted; below 0, messages were counted that the stream did not store. Null if stored is."
    ),
]
Holds: TypeAlias = Annotated[
    bool | None, Meta(description="Whether stored = counted + copies + refused + waiting; null if stored is.")
]


class LedgerAmounts(Answer, frozen=True, kw_only=True, rename="camel"):
    """Messages and their amounts."""

    messages: Messages
    amounts: Annotated[
        Mapping[str, Money],
        Meta(description="Charges less refunds by currency, where the messages have amounts that can be read."),
    ]


class LedgerRefusals(LedgerAmounts, frozen=True, kw_only=True, rename="camel"):
    """Messages that were refused for one reason: each has a dead letter."""

    reason: Annotated[str, Meta(description="The reason of their dead letters.")]


class LedgerLine(Answer, frozen=True, kw_only=True, rename="camel"):
    """What became of the messages of a stream, for one function that counts them."""

    stream: Annotated[str, Meta(description="The stream.")]
    function: Annotated[str, Meta(description="The function; functions that share a stream have lines of their own.")]
    stored: Stored
    counted: Annotated[LedgerAmounts, Meta(description="Messages that are in the figures.")]
    copies: Annotated[
        LedgerAmounts,
        Meta(description="Messages with the id and time of another one, which is counted in their place."),
    ]
    refused: Annotated[Sequence[LedgerRefusals], Meta(description="Messages that cannot be counted, by reason.")]
    waiting: Waiting
    missing: Missing
    holds: Holds


class LedgerHour(LedgerLine, frozen=True, kw_only=True, rename="camel"):
    """What became of the messages that a stream stored in one hour, for one function."""

    hour: Annotated[AwareTime, Meta(description="When the stream stored the messages, by its clock (UTC).")]
    open: Annotated[bool, Meta(description="The stream may store further messages in this hour.")]


class Ledger(Report, frozen=True, kw_only=True):
    """What became of every message, by stream, function and hour of storage."""

    about = (
        "What became of every message that our streams stored: counted, a copy, refused or waiting. For each stream "
        "and hour of storage, with amounts, and whether nothing is missing."
    )

    window: UsedWindow
    since: Annotated[
        AwareTime | None,
        Meta(description="The first hour of which the ledger has all messages; null if it has all hours."),
    ]
    holds: Annotated[bool, Meta(description="Whether the equation holds in all hours of which `stored` is known.")]
    totals: Annotated[Sequence[LedgerLine], Meta(description="One line per function: the sums of its hours.")]
    hours: Annotated[Sequence[LedgerHour], Meta(description="Hours with messages, in order; by function within.")]
    data_as_of: DataAsOf
