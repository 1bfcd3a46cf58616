"""The platform at a glance."""

from graph.access import Scope, platform
from graph.reports.active import count_active
from graph.reports.answers import Summary
from graph.reports.figures import read_figures, shown
from graph.reports.quality import completeness, judged
from graph.reports.reader import Reader
from graph.reports.windows import Granularity, Window


async def summary(reader: Reader, scope: Scope, window: Window, granularity: Granularity) -> Summary:
    """Everything of the platform in a window; ForbiddenError, DependencyUnavailableError."""
    subject = platform(scope)
    known = completeness(reader.complete_until)
    async with reader.snapshot(window.slices) as snapshot:
        (figures,) = await read_figures(snapshot, [subject], window, granularity)
        active = await count_active(snapshot, window.slices)
    answer = Summary(
        window=window,
        pending_share=figures.counts.pending_share,
        provisional=figures.counts.provisional,
        active_accounts=active,
        data_as_of=snapshot.marks.data_as_of,
        **shown(Summary, reader.currency, figures),
    )
    return judged(answer, known, granularity)
