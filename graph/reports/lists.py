"""Lists of operators and accounts, a page at a time.

Ordered by id alone: an id never changes, so that however figures change between two pages, nothing is listed twice
or left out. Of what is new, a page shows what comes after the one before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from graph.access import Scope, Subject, administration, platform
from graph.reports.reading.reader import Reader
from infra.sql import statement

MOST_LISTED: Final = 1000  # a page
FEW_LISTED: Final = 50
MOST_COUNTED: Final = 100_000

ListName = Literal["operators", "accounts"]

_SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: who may ask, and the statements that page forwards, backwards, and count."""

    name: ListName
    allowed: Callable[[Scope], Subject]
    after: str
    before: str
    counted: str


def _listing(name: ListName, allowed: Callable[[Scope], Subject]) -> Listing:
    statements = (statement(_SQL, f"{name}_{what}") for what in ("after", "before", "counted"))
    return Listing(name, allowed, *statements)


OPERATORS: Final = _listing("operators", platform)
ACCOUNTS: Final = _listing("accounts", administration)


@dataclass(frozen=True, slots=True)
class Page:
    """Ids in order, and whether there are more behind the last."""

    ids: Sequence[str]
    has_more: bool


async def page(
    reader: Reader, scope: Scope, listing: Listing, count: int, after: str | None, *, descending: bool
) -> Page:
    """Up to `count` ids behind `after`; ForbiddenError, DependencyUnavailableError."""
    listing.allowed(scope)
    query = listing.before if descending else listing.after
    ids: Sequence[str] = await reader.fetch_value(query, after, count + 1)
    return Page(ids[:count], len(ids) > count)


async def size(reader: Reader, scope: Scope, listing: Listing) -> int:
    """How many there are now, MOST_COUNTED at most; ForbiddenError, DependencyUnavailableError."""
    listing.allowed(scope)
    counted: int = await reader.fetch_value(listing.counted, MOST_COUNTED)
    return counted
