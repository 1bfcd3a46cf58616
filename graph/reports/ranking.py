"""The operators of a window, most messages first."""

from collections.abc import Sequence
from typing import TypeAlias

from graph.reports.metrics import Counts, total
from graph.reports.reading.rows import Selection
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window

Ranking: TypeAlias = Sequence[tuple[str, Counts]]


def all_operators(window: Window) -> Selection:
    """The rows of a ranking: one sum per operator."""
    return Selection("OPERATOR", None, window.slices, "altogether")


async def rank(snapshot: Snapshot, selection: Selection) -> Ranking:
    """All operators with rows, most messages first; equal ones by id."""
    by_id = await snapshot.cells_by_id(selection)
    sums = [(id_, total(cell.counts for cell in cells)) for id_, cells in by_id.items()]
    return sorted(sums, key=lambda item: (-item[1].messages, item[0]))
