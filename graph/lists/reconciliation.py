"""Pages of the comparisons that reconciliation made.

Comparisons are only added, and newer ones come first. So the comparisons behind a cursor never change.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from graph.access import Scope, platform
from graph.answer import Answer
from graph.reports.reading.reader import Reader
from infra.sql import statement
from schema.instants import AwareTime
from schema.money import MONEY_PATTERN
from schema.statuses import COMPARISON_STATUSES, ComparisonStatus

MAX_PAGE: Final = 1000  # comparisons
DEFAULT_PAGE: Final = 50

_PAGE: Final = statement(Path(__file__).parent / "sql", "comparisons")

Sum: TypeAlias = Annotated[str, Meta(pattern=MONEY_PATTERN)]
Day: TypeAlias = Annotated[date, Meta(description="The UTC day.")]
Messages: TypeAlias = Annotated[
    int | None, Meta(description="Messages of the whole day in all currencies, less refunds; null if not known.")
]


class Comparison(Answer, frozen=True, kw_only=True, rename="camel"):
    """A comparison of our cost of a UTC day and currency with billing's. A newer run of the same day replaces it."""

    run_id: Annotated[int, Meta(description="The run that compared; a later run has a greater one.")]
    day: Day
    currency: Annotated[str, Meta(description="ISO 4217, or the value of an INVALID row; nothing is converted.")]
    ours: Annotated[Sum | None, Meta(description="The cost that we counted, exactly; null if nothing was billed here.")]
    theirs: Annotated[
        Sum | None,
        Meta(description="The cost that billing charged, exactly; null if it has no row, or an INVALID one."),
    ]
    difference: Annotated[Sum, Meta(description="ours - theirs; a missing or INVALID cost counts as 0.")]
    divergence: Annotated[
        float,
        Meta(description="abs(difference) / abs(theirs); for theirs = 0: 0 if ours is 0 too, else 1; for INVALID: 1."),
    ]
    status: Annotated[
        ComparisonStatus,
        Meta(description="How the comparison ended. " + " ".join(f"{k}: {v}" for k, v in COMPARISON_STATUSES.items())),
    ]
    reason: Annotated[
        str | None, Meta(description="For INVALID: which value of billing's row is no total, and why; else null.")
    ]
    our_messages: Messages
    their_messages: Messages
    compared_at: Annotated[AwareTime, Meta(description="When the run compared them.")]


class ComparisonFilter(NamedTuple):
    """Selects comparisons; None: all. `latest`: only the last one of each day and currency."""

    day: date | None = None
    status: ComparisonStatus | None = None
    latest: bool = False


class ComparisonKey(NamedTuple):
    """The sort key of a comparison: newer runs, then later days come first."""

    run_id: int
    day: str
    currency: str


class ComparisonPage(NamedTuple):
    """Comparisons in order, and whether more follow."""

    comparisons: Sequence[Comparison]
    has_more: bool


_decode: Final = msgspec.json.Decoder(list[Comparison]).decode


def key_of(comparison: Comparison) -> ComparisonKey:
    """The sort key of a comparison, for a page cursor."""
    return ComparisonKey(comparison.run_id, comparison.day.isoformat(), comparison.currency)


async def comparisons(
    reader: Reader, scope: Scope, selected: ComparisonFilter, count: int, after: ComparisonKey | None
) -> ComparisonPage:
    """Up to `count` selected comparisons behind `after`, newest first.

    Raises ForbiddenError, DependencyUnavailableError.
    """
    platform(scope)
    behind = after or (None, None, None)
    found = _decode(await reader.fetch_value(_PAGE, *behind, count + 1, *selected))
    return ComparisonPage(found[:count], len(found) > count)
