"""How insights ask: typed queries, read to their last row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.dsl.parse import EARLIEST, LATEST, MOST_ROWS
from graph.dsl.queries import Queries
from graph.errors import InvalidWindowError, QueryTooExpensiveError
from graph.identity import Scope
from graph.reports.windows import Window


@dataclass(frozen=True, slots=True)
class Found:
    """All rows of a query, as QueryAnswer.data has them, and how far the table behind the first page reached."""

    rows: Sequence[Mapping[str, Any]]
    data_as_of: datetime | None
    complete_until: datetime | None


@dataclass(frozen=True, slots=True)
class Asking:
    """On whose behalf, and in which request, queries are asked."""

    queries: Queries
    scope: Scope
    request_id: str

    async def all_rows(self, query: Mapping[str, object]) -> Found:
        """Page after page. The errors of Queries.answer; QueryTooExpensiveError when there are more than it tells."""
        rows: list[Mapping[str, Any]] = []
        first = page = (await self.queries.answer(self.scope, {**query, "limit": MOST_ROWS}, self.request_id)).answer
        rows += page.data
        while page.page.has_next_page:
            further = {**query, "limit": MOST_ROWS, "after": page.page.end_cursor}
            page = (await self.queries.answer(self.scope, further, self.request_id)).answer
            rows += page.data
        if page.meta.truncated:
            raise QueryTooExpensiveError(f"This takes more than {page.meta.row_cap} rows; ask for a shorter window.")
        return Found(rows, first.meta.data_as_of, first.meta.complete_until)


def time_of(window: Window, granularity: str) -> Mapping[str, str]:
    """A window as a query has it, in UTC; InvalidWindowError where queries know of nothing."""
    if window.from_ < EARLIEST or window.to > LATEST:
        raise InvalidWindowError(f"The window must lie between {EARLIEST.isoformat()} and {LATEST.isoformat()}.")
    return {"from": window.from_.isoformat(), "to": window.to.isoformat(), "granularity": granularity}
