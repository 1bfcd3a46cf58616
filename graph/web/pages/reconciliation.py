"""`/reconciliation`: our cost of each day and currency beside billing's, and how the runs of one day went."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from operator import attrgetter
from typing import Final, cast

from graph.errors import InvalidQueryError
from graph.http.parameters import Parameter, read_choice
from graph.lists.explanation import explanation
from graph.lists.explanation_answer import DayExplanation
from graph.lists.reconciliation import (
    Comparison,
    ComparisonFilter,
    ComparisonKey,
    ComparisonPage,
    comparisons,
    key_of,
)
from graph.web.charts import Bucket, Series, TimeChart, money_in, reading
from graph.web.page import PLATFORM, Page, PageRequest
from graph.web.panel import Panel
from infra.zones import timezone
from schema.statuses import COMPARISON_STATUSES, ComparisonStatus

SHOWN: Final = 100  # comparisons on a page
EXPLAINED: Final = 5  # days that differ, newest first; all others by their link
PURPOSE: Final = "pages.reconciliation"  # of cursors

DAY: Final = Parameter("day", {"type": "string", "format": "date"}, "All comparisons of this UTC day, newest first.")
STATUS: Final = Parameter("status", {"enum": list(COMPARISON_STATUSES)}, "Only days whose last comparison ended so.")
AFTER: Final = Parameter("after", {"type": "string"}, "The cursor at which the page begins.")


@dataclass(frozen=True, slots=True)
class ReconciliationPage:
    """The last comparison of each day and currency, or all of one day. `next`: the cursor of the next page.

    `explained`: what could explain the newest days that differ, or the one day. `currency`: the reporting currency.
    """

    selected: ComparisonFilter
    found: Panel[ComparisonPage]
    explained: Sequence[Panel[DayExplanation]]
    next: str | None
    currency: str

    @property
    def meanings(self) -> Mapping[ComparisonStatus, str]:
        """What each status means."""
        return COMPARISON_STATUSES

    @property
    def charts(self) -> Sequence[TimeChart]:
        """Our cost less billing's by day, one chart per currency. None for the runs of a single day."""
        shown = self.found.answer.comparisons if self.found.answer and self.selected.latest else ()
        by_currency = attrgetter("currency")
        groups = groupby(sorted(shown, key=attrgetter("currency", "day")), by_currency)
        return [_chart(number, currency, list(group)) for number, (currency, group) in enumerate(groups, start=1)]


def _chart(number: int, currency: str, rows: Sequence[Comparison]) -> TimeChart:
    times = [datetime.combine(each.day, time(), UTC) for each in rows]
    series = [Series("ours less billing's", [reading(each.difference) for each in rows])]
    title = f"Difference by day (UTC), {currency}"
    return TimeChart(f"difference-{number}", title, money_in(currency), Bucket.DAY, timezone("UTC"), times, series)


async def load(request: PageRequest) -> ReconciliationPage:
    """Loads one page of comparisons. Raises ForbiddenError, InvalidQueryError."""
    values = request.form.values
    day = read_day(values)
    status = cast("ComparisonStatus | None", read_choice(STATUS, values))
    selected = ComparisonFilter(day, status, latest=day is None)
    cursors, context = await request.sources.cursors.cursors(), repr((request.scope, *selected))
    after = values.get(AFTER.name)
    start = None if after is None else cursors.open(PURPOSE, context, after, ComparisonKey, path=AFTER.name)
    found = await request.panel(comparisons(request.sources.reader, request.scope, selected, SHOWN, start))
    days = differing_days(found.answer.comparisons if found.answer else ())
    reader = request.sources.reader
    explained = [await request.panel(explanation(reader.fetch_value, request.scope, each)) for each in days[:EXPLAINED]]
    following = None
    if found.answer and found.answer.has_more:
        following = cursors.sign(PURPOSE, context, key_of(found.answer.comparisons[-1]))
    return ReconciliationPage(selected, found, explained, following, reader.currency)


def differing_days(shown: Sequence[Comparison]) -> Sequence[date]:
    """The days with a comparison that is not OK, newest first."""
    return sorted({each.day for each in shown if each.status != "OK"}, reverse=True)


def read_day(values: Mapping[str, str]) -> date | None:
    """The requested day, or None. Raises InvalidQueryError."""
    text = values.get(DAY.name)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InvalidQueryError(f"{DAY.name} must be a UTC day, such as 2026-10-01.") from None


RECONCILIATION: Final = Page(
    path="/reconciliation",
    name="reconciliation",
    title="Reconciliation",
    about="Our cost of each day and currency beside billing's, and where they differ.",
    readers=PLATFORM,
    load=load,
    parameters=(DAY, STATUS, AFTER),
)
