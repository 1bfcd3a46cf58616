"""The operators of a window, busiest first."""

from collections.abc import Sequence
from typing import TypeAlias

from graph.reports.metrics import Counts, total
from graph.reports.reading.rows import Wanted
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import Window

Ranking: TypeAlias = Sequence[tuple[str, Counts]]


def every_operator(window: Window) -> Wanted:
    """What a ranking is made of: a row for each operator."""
    return Wanted("OPERATOR", None, window.slices, "altogether")


async def ranked(snapshot: Snapshot, wanted: Wanted) -> Ranking:
    """Every operator with rows, by messages; equals by id."""
    sums = [(id_, total(cell.counts for cell in cells)) for id_, cells in (await snapshot.sums(wanted)).items()]
    return sorted(sums, key=lambda item: (-item[1].messages, item[0]))
