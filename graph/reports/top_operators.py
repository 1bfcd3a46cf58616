"""The operators with most messages."""

from collections.abc import Sequence
from typing import Final

from graph.access import Scope, Subject, operator, platform
from graph.reports.answers import TopOperators
from graph.reports.figures import Figures, read_figures
from graph.reports.operator import performance
from graph.reports.quality import read_completeness, with_quality
from graph.reports.ranking import all_operators, rank
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window

MAX_OPERATORS: Final = 100
DEFAULT_OPERATORS: Final = 5


async def top_operators(
    reader: Reader, scope: Scope, window: Window, granularity: Granularity, limit: int
) -> TopOperators:
    """The `limit` operators with most messages in a window. Raises ForbiddenError, DependencyUnavailableError."""
    platform(scope)
    completeness = read_completeness(reader.complete_until)
    selection = all_operators(window)

    async def read(snapshot: Snapshot) -> Sequence[tuple[Subject, Figures]]:
        top = [operator(scope, operator_id) for operator_id, _ in (await rank(snapshot, selection))[:limit]]
        return list(zip(top, await read_figures(snapshot, top, window, granularity), strict=True))

    found, as_of = await reader.read(window.slices, read, selection)
    operators = [performance(reader.currency, each.id, window, figures, as_of) for each, figures in found]
    return with_quality(TopOperators(operators=operators, window=window, data_as_of=as_of), completeness, granularity)
