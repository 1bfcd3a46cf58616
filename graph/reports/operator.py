"""How operators carried their messages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from graph.access import Scope, operator
from graph.errors import NotFoundError
from graph.reports.answers import OperatorPerformance
from graph.reports.figures import Figures, read_figures, shown
from graph.reports.quality import completeness, judged
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window
from infra.sql import statement

_KNOWN: Final = statement(Path(__file__).parent / "sql", "operators_known")


async def operator_performance(
    reader: Reader, scope: Scope, operator_id: str, window: Window, granularity: Granularity
) -> OperatorPerformance:
    """One operator in a window; NotFoundError when nothing was ever counted for it, ForbiddenError."""
    (found,) = await operators_performance(reader, scope, [operator_id], window, granularity)
    if found is None:
        raise NotFoundError("Nothing is known of this operator.")
    return found


async def operators_performance(
    reader: Reader, scope: Scope, operator_ids: Sequence[str], window: Window, granularity: Granularity
) -> Sequence[OperatorPerformance | None]:
    """The same of several, read together, in the order given; None for an operator that is not known."""
    subjects = [operator(scope, operator_id) for operator_id in operator_ids]
    known = completeness(reader.complete_until)

    async def read(snapshot: Snapshot) -> tuple[Sequence[Figures], Collection[str]]:
        found = await read_figures(snapshot, subjects, window, granularity)
        silent = [subject.id for subject, figures in zip(subjects, found, strict=True) if not figures.has_rows]
        return found, await snapshot.fetch_value(_KNOWN, silent) if silent else ()

    (found, heard_of), as_of = await reader.read(window.slices, read)
    return [
        judged(performance(reader.currency, subject.id, window, figures, as_of), known, granularity)
        if figures.has_rows or subject.id in heard_of
        else None
        for subject, figures in zip(subjects, found, strict=True)
    ]


def performance(
    currency: str, operator_id: str, window: Window, figures: Figures, as_of: datetime | None
) -> OperatorPerformance:
    """An operator's figures as an answer."""
    counts = figures.counts
    return OperatorPerformance(
        operator_id=operator_id,
        window=window,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        error_rate=counts.error_rate,
        data_as_of=as_of,
        **shown(OperatorPerformance, currency, figures),
    )
