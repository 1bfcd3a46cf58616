"""The performance of operators: of one, of several, and of those with most messages."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from graph.access import Scope, Subject, operator, platform
from graph.errors import NotFoundError
from graph.reports.answers import OperatorPerformance, TopOperators
from graph.reports.figures import Figures, read_figures, report_fields
from graph.reports.metrics import Counts, total
from graph.reports.reading.reader import Counted, Reader
from graph.reports.reading.rows import Selection
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Granularity, Window
from infra.sql import statement

MAX_OPERATORS: Final = 100
DEFAULT_OPERATORS: Final = 5

_KNOWN: Final = statement(Path(__file__).parent / "sql", "operators_known")

Ranking: TypeAlias = Sequence[tuple[str, Counts]]


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

    async def read(snapshot: Snapshot) -> tuple[Sequence[Figures], Collection[str]]:
        found = await read_figures(snapshot, subjects, window, granularity)
        without_rows = [subject.id for subject, figures in zip(subjects, found, strict=True) if not figures.has_rows]
        return found, await snapshot.fetch_value(_KNOWN, without_rows) if without_rows else ()

    (found, known), counted = await reader.read(window.slices, read)
    return [
        _performance(reader.currency, subject.id, window, granularity, figures, counted)
        if figures.has_rows or subject.id in known
        else None
        for subject, figures in zip(subjects, found, strict=True)
    ]


async def top_operators(
    reader: Reader, scope: Scope, window: Window, granularity: Granularity, limit: int
) -> TopOperators:
    """The `limit` operators with most messages in a window. Raises ForbiddenError, DependencyUnavailableError."""
    platform(scope)
    selection = all_operators(window)

    async def read(snapshot: Snapshot) -> Sequence[tuple[Subject, Figures]]:
        top = [operator(scope, operator_id) for operator_id, _ in (await rank(snapshot, selection))[:limit]]
        return list(zip(top, await read_figures(snapshot, top, window, granularity), strict=True))

    found, counted = await reader.read(window.slices, read, selection)
    return TopOperators(
        operators=[
            _performance(reader.currency, subject.id, window, granularity, figures, counted)
            for subject, figures in found
        ],
        window=window,
        data_as_of=counted.data_as_of,
        complete_until=counted.complete_until,
    )


def all_operators(window: Window) -> Selection:
    """The rows of a ranking: one sum per operator."""
    return Selection("OPERATOR", None, window.slices, "altogether")


async def rank(snapshot: Snapshot, selection: Selection) -> Ranking:
    """All operators with rows, most messages first; equal ones by id."""
    by_id = await snapshot.cells_by_id(selection)
    sums = [(id_, total(cell.counts for cell in cells)) for id_, cells in by_id.items()]
    return sorted(sums, key=lambda item: (-item[1].messages, item[0]))


def _performance(
    currency: str, operator_id: str, window: Window, granularity: Granularity, figures: Figures, counted: Counted
) -> OperatorPerformance:
    fields = report_fields(OperatorPerformance, currency, figures, window, granularity, counted)
    return OperatorPerformance(operator_id=operator_id, **fields)
