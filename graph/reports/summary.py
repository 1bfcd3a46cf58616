"""The summary of the platform."""

from graph.access.scope import Scope, platform
from graph.reports.answers import Summary
from graph.reports.figures import Figures, read_figures, report_fields
from graph.reports.reading.active import count_active
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window


async def summary(reader: Reader, scope: Scope, window: Window, granularity: Granularity) -> Summary:
    """All figures of the platform in a window. Raises ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)

    async def read(snapshot: Snapshot) -> tuple[Figures, int]:
        (figures,) = await read_figures(snapshot, [subject], window, granularity)
        return figures, await count_active(snapshot, window.slices)

    (figures, active), counted = await reader.read(window.slices, read)
    fields = report_fields(Summary, reader.currency, figures, window, granularity, counted)
    return Summary(active_accounts=active, **fields)
