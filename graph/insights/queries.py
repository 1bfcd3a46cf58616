"""How insights ask: typed queries, read to their last row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph.access import Scope
from graph.dsl.parse import MOST_ROWS
from graph.dsl.queries import Queries, QueryResult
from graph.errors import InvalidWindowError, QueryTooExpensiveError
from graph.reports.windows import Window
from schema.history import EARLIEST, LATEST


@dataclass(frozen=True, slots=True)
class AllRows:
    """All rows of a query, as QueryAnswer.data has them, and how far the table behind the first page reached.

    `has_pseudonyms`: MNOs stand under pseudonyms, on one page at least.
    """

    rows: Sequence[Mapping[str, Any]]
    data_as_of: datetime | None
    complete_until: datetime | None
    has_pseudonyms: bool


@dataclass(frozen=True, slots=True)
class InsightQueries:
    """On whose behalf, and in which request, queries are asked."""

    queries: Queries
    scope: Scope
    request_id: str

    async def all_rows(self, query: Mapping[str, object]) -> AllRows:
        """Page after page. The errors of Queries.answer; QueryTooExpensiveError when there are more than it tells."""
        rows: list[Mapping[str, Any]] = []
        pages = [await self._page({**query, "limit": MOST_ROWS})]
        while (page := pages[-1].answer.page).has_next_page:
            pages.append(await self._page({**query, "limit": MOST_ROWS, "after": page.end_cursor}))
        for each in pages:
            rows += each.answer.data
        if (meta := pages[-1].answer.meta).truncated:
            raise QueryTooExpensiveError(f"This takes more than {meta.row_cap} rows; ask for a shorter window.")
        reach, has_pseudonyms = pages[0].answer.meta, any(each.has_pseudonyms for each in pages)
        return AllRows(rows, reach.data_as_of, reach.complete_until, has_pseudonyms)

    async def _page(self, query: Mapping[str, object]) -> QueryResult:
        return await self.queries.answer(self.scope, query, self.request_id)


def time_of(window: Window, granularity: str) -> Mapping[str, str]:
    """A window as a query has it, in UTC; InvalidWindowError where queries know of nothing."""
    if window.from_ < EARLIEST or window.to > LATEST:
        raise InvalidWindowError(f"The window must lie between {EARLIEST.isoformat()} and {LATEST.isoformat()}.")
    return {"from": window.from_.isoformat(), "to": window.to.isoformat(), "granularity": granularity}
