"""The performance of operators."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from graph.access import Scope, operator
from graph.errors import NotFoundError
from graph.reports.answers import OperatorPerformance
from graph.reports.figures import Figures, read_figures, report_fields
from graph.reports.quality import read_completeness, with_quality
from graph.reports.reading.reader import Reader
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window
from infra.sql import statement

_KNOWN: Final = statement(Path(__file__).parent / "sql", "operators_known")


async def operator_performance(
    reader: Reader, scope: Scope, operator_id: str, window: Window, granularity: Granularity
) -> OperatorPerformance:
    """The performance of one operator in a window.

    Raises NotFoundError when nothing was ever counted for it; ForbiddenError.
    """
    (found,) = await operators_performance(reader, scope, [operator_id], window, granularity)
    if found is None:
        raise NotFoundError("Nothing is known of this operator.")
    return found


async def operators_performance(
    reader: Reader, scope: Scope, operator_ids: Sequence[str], window: Window, granularity: Granularity
) -> Sequence[OperatorPerformance | None]:
    """The performance of several operators, read together and returned in the given order.

    None: nothing was ever counted for the operator. Raises ForbiddenError.
    """
    subjects = [operator(scope, operator_id) for operator_id in operator_ids]
    completeness = read_completeness(reader.complete_until)

    async def read(snapshot: Snapshot) -> tuple[Sequence[Figures], Collection[str]]:
        found = await read_figures(snapshot, subjects, window, granularity)
        without_rows = [subject.id for subject, figures in zip(subjects, found, strict=True) if not figures.has_rows]
        return found, await snapshot.fetch_value(_KNOWN, without_rows) if without_rows else ()

    (found, known), as_of = await reader.read(window.slices, read)
    return [
        with_quality(performance(reader.currency, subject.id, window, figures, as_of), completeness, granularity)
        if figures.has_rows or subject.id in known
        else None
        for subject, figures in zip(subjects, found, strict=True)
    ]


def performance(
    currency: str, operator_id: str, window: Window, figures: Figures, as_of: datetime | None
) -> OperatorPerformance:
    """The answer with an operator's figures."""
    counts = figures.counts
    return OperatorPerformance(
        operator_id=operator_id,
        window=window,
        pending_share=counts.pending_share,
        provisional=counts.provisional,
        error_rate=counts.error_rate,
        data_as_of=as_of,
        **report_fields(OperatorPerformance, currency, figures),
    )
