"""The busiest operators."""

from typing import Final

from graph.access import Scope, operator, platform
from graph.reports.answers import TopOperators
from graph.reports.figures import read_figures
from graph.reports.operator import performance
from graph.reports.quality import completeness, judged
from graph.reports.ranking import ranked
from graph.reports.reader import Reader
from graph.reports.windows import Granularity, Window

MOST_OPERATORS: Final = 100
FEW_OPERATORS: Final = 5


async def top_operators(
    reader: Reader, scope: Scope, window: Window, granularity: Granularity, limit: int
) -> TopOperators:
    """The `limit` operators with most messages in a window; ForbiddenError, DependencyUnavailableError."""
    platform(scope)
    known = completeness(reader.complete_until)
    async with reader.snapshot(window.slices) as snapshot:
        top = [operator(scope, operator_id) for operator_id, _ in (await ranked(snapshot, window.slices))[:limit]]
        found = await read_figures(snapshot, top, window, granularity)
    as_of = snapshot.marks.data_as_of
    operators = [
        performance(reader.currency, subject.id, window, figures, as_of)
        for subject, figures in zip(top, found, strict=True)
    ]
    return judged(TopOperators(operators=operators, window=window, data_as_of=as_of), known, granularity)
