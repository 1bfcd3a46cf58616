"""Pages of the ids of operators and accounts.

Pages are ordered by id alone. An id never changes, so no change of figures between two pages lists an id twice or
leaves one out. A page shows new ids if they come after the previous page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from graph.access import Scope, Subject, administration, platform
from graph.reports.reading.reader import Reader
from infra.sql import statement

MAX_PAGE: Final = 1000  # ids
DEFAULT_PAGE: Final = 50
MAX_COUNT: Final = 100_000

ListName = Literal["operators", "accounts"]

_SQL: Final = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class IdList:
    """A list: who may read it, and statements for the next and previous ids and their number.

    Each statement takes an id (null: from the start) and the most ids to return or count.
    """

    name: ListName
    allowed: Callable[[Scope], Subject]
    after: str
    before: str
    count: str


# What the two orders of listed_operators.sql differ in.
_ASCENDING: Final = {
    "nearest": "least",
    "start": "operator_id > coalesce($1::text, '')",
    "beyond": ">",
    "order": "asc",
}
_DESCENDING: Final = {
    "nearest": "greatest",
    "start": "($1::text is null or operator_id < $1)",
    "beyond": "<",
    "order": "desc",
}


def _of_operators(name: str, order: Mapping[str, str]) -> str:
    """A statement over the operators that listed_operators.sql has in this order."""
    listed = statement(_SQL, "listed_operators").format(**order)
    return statement(_SQL, name).replace("(listed_operators)", f"({listed})")


OPERATORS: Final = IdList(
    "operators",
    platform,
    after=_of_operators("operators_page", _ASCENDING),
    before=_of_operators("operators_page", _DESCENDING),
    count=_of_operators("operators_count", _ASCENDING),
)
ACCOUNTS: Final = IdList(
    "accounts", administration, *(statement(_SQL, f"accounts_{each}") for each in ("after", "before", "count"))
)


@dataclass(frozen=True, slots=True)
class IdPage:
    """Ids in order, and whether more follow."""

    ids: Sequence[str]
    has_more: bool


async def page(
    reader: Reader, scope: Scope, id_list: IdList, count: int, after: str | None, *, descending: bool
) -> IdPage:
    """Up to `count` ids behind `after`. Raises ForbiddenError, DependencyUnavailableError."""
    id_list.allowed(scope)
    query = id_list.before if descending else id_list.after
    ids: Sequence[str] = await reader.fetch_value(query, after, count + 1)
    return IdPage(ids[:count], len(ids) > count)


async def size(reader: Reader, scope: Scope, id_list: IdList) -> int:
    """The number of ids now, at most MAX_COUNT. Raises ForbiddenError, DependencyUnavailableError."""
    id_list.allowed(scope)
    count: int = await reader.fetch_value(id_list.count, None, MAX_COUNT)
    return count
