"""Runs typed queries for insights, and reads all of their pages."""

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
    """All rows of a query, as in QueryAnswer.data, with the freshness of its first page.

    `has_pseudonyms`: whether MNOs are pseudonyms on at least one page.
    """

    rows: Sequence[Mapping[str, Any]]
    data_as_of: datetime | None
    complete_until: datetime | None
    has_pseudonyms: bool


@dataclass(frozen=True, slots=True)
class InsightQueries:
    """Runs queries in the scope of one request."""

    queries: Queries
    scope: Scope
    request_id: str

    async def all_rows(self, query: Mapping[str, object]) -> AllRows:
        """Returns all rows of a query, page by page.

        Raises the errors of Queries.answer, and QueryTooExpensiveError when the row cap leaves out rows.
        """
        rows: list[Mapping[str, Any]] = []
        pages = [await self._page({**query, "limit": MOST_ROWS})]
        while (page := pages[-1].answer.page).has_next_page:
            pages.append(await self._page({**query, "limit": MOST_ROWS, "after": page.end_cursor}))
        for each in pages:
            rows += each.answer.data
        if (meta := pages[-1].answer.meta).truncated:
            raise QueryTooExpensiveError(f"This needs more than {meta.row_cap} rows; request a shorter window.")
        first, has_pseudonyms = pages[0].answer.meta, any(each.has_pseudonyms for each in pages)
        return AllRows(rows, first.data_as_of, first.complete_until, has_pseudonyms)

    async def _page(self, query: Mapping[str, object]) -> QueryResult:
        return await self.queries.answer(self.scope, query, self.request_id)


def query_time(window: Window, granularity: str) -> Mapping[str, str]:
    """Returns a window as the member `time` of a query, in UTC.

    Raises InvalidWindowError for times outside the range of queries.
    """
    if window.from_ < EARLIEST or window.to > LATEST:
        raise InvalidWindowError(f"The window must lie between {EARLIEST.isoformat()} and {LATEST.isoformat()}.")
    return {"from": window.from_.isoformat(), "to": window.to.isoformat(), "granularity": granularity}
