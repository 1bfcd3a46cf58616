"""What reconciliation found, a page at a time.

Comparisons are only ever added, and newer ones come first: what is behind a cursor never changes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from graph.access import Scope, platform
from graph.reports.answers import Answer
from graph.reports.reading.reader import Reader
from infra.sql import statement
from schema.money import MONEY_PATTERN

MOST: Final = 1000  # a page
FEW: Final = 50

_PAGE: Final = statement(Path(__file__).parent / "sql", "comparisons")

Status: TypeAlias = Literal["OK", "DIVERGED", "MISSING_OURS", "MISSING_THEIRS", "INVALID"]
STATUSES: Final[Mapping[Status, str]] = {
    "OK": "Ours is billing's, up to a divergence of 0.0001.",
    "DIVERGED": "Ours differs from billing's by more than that.",
    "MISSING_OURS": "Billing has a row, and nothing was billed here.",
    "MISSING_THEIRS": "Billing has no row.",
    "INVALID": "Billing's row cannot be compared; `reason` says why.",
}
Sum: TypeAlias = Annotated[str, Meta(pattern=MONEY_PATTERN)]
Day: TypeAlias = Annotated[date, Meta(description="The UTC day.")]
Messages: TypeAlias = Annotated[
    int | None, Meta(description="Messages of the whole day, all currencies, less refunds; null if nothing is known.")
]


class Comparison(Answer, frozen=True, kw_only=True, rename="camel"):
    """Our cost of a UTC day and currency beside billing's, at one time. A newer run of the same day says more."""

    run_id: Annotated[int, Meta(description="The run that compared; a later run has a greater one.")]
    day: Day
    currency: Annotated[str, Meta(description="ISO 4217, or what an INVALID row has; nothing is converted.")]
    ours: Annotated[Sum | None, Meta(description="What we counted, exactly; null if nothing was billed here.")]
    theirs: Annotated[
        Sum | None, Meta(description="What billing charged, exactly; null if it has no row, or one that is INVALID.")
    ]
    difference: Annotated[Sum, Meta(description="ours - theirs; what is missing or INVALID counts as 0.")]
    divergence: Annotated[
        float,
        Meta(
            description="abs(difference) / abs(theirs); for theirs = 0: 0 if ours is 0 too, else 1; of INVALID it is 1."
        ),
    ]
    status: Annotated[
        Status,
        Meta(description="How the comparison ended. " + " ".join(f"{k}: {v}" for k, v in STATUSES.items())),
    ]
    reason: Annotated[
        str | None, Meta(description="Of INVALID: which value of billing's row is no total, and why; else null.")
    ]
    our_messages: Messages
    their_messages: Messages
    compared_at: Annotated[datetime, Meta(description="When it was compared.")]


class Choice(NamedTuple):
    """Which comparisons are wanted; None: all. `latest`: the last one of each day and currency."""

    day: date | None = None
    status: Status | None = None
    latest: bool = False


class Place(NamedTuple):
    """Where a comparison is in the list."""

    run_id: int
    day: str
    currency: str


class Page(NamedTuple):
    """Comparisons in order, and whether there are more behind the last."""

    comparisons: Sequence[Comparison]
    has_more: bool


_decode: Final = msgspec.json.Decoder(list[Comparison]).decode


def place(comparison: Comparison) -> Place:
    return Place(comparison.run_id, comparison.day.isoformat(), comparison.currency)


async def comparisons(reader: Reader, scope: Scope, choice: Choice, count: int, after: Place | None) -> Page:
    """Up to `count` chosen comparisons behind `after`, newest first; ForbiddenError, DependencyUnavailableError."""
    platform(scope)
    behind = after or (None, None, None)
    found = _decode(await reader.fetch_value(_PAGE, *behind, count + 1, *choice))
    return Page(found[:count], len(found) > count)
