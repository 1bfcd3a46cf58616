"""The busiest operators."""

from collections.abc import Sequence
from typing import Final

from graph.access import Scope, Subject, operator, platform
from graph.reports.answers import TopOperators
from graph.reports.figures import Figures, read_figures
from graph.reports.operator import performance
from graph.reports.quality import completeness, judged
from graph.reports.ranking import every_operator, ranked
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window

MOST_OPERATORS: Final = 100
FEW_OPERATORS: Final = 5


async def top_operators(
    reader: Reader, scope: Scope, window: Window, granularity: Granularity, limit: int
) -> TopOperators:
    """The `limit` operators with most messages in a window; ForbiddenError, DependencyUnavailableError."""
    platform(scope)
    known = completeness(reader.complete_until)
    wanted = every_operator(window)

    async def read(snapshot: Snapshot) -> Sequence[tuple[Subject, Figures]]:
        top = [operator(scope, operator_id) for operator_id, _ in (await ranked(snapshot, wanted))[:limit]]
        return list(zip(top, await read_figures(snapshot, top, window, granularity), strict=True))

    found, as_of = await reader.read(window.slices, read, wanted)
    operators = [performance(reader.currency, each.id, window, figures, as_of) for each, figures in found]
    return judged(TopOperators(operators=operators, window=window, data_as_of=as_of), known, granularity)
