"""The operators of a window, busiest first."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.reports.metrics import Counts, total
from graph.reports.snapshot import Snapshot
from graph.reports.windows import Slice
from infra.sql import statement

_OPERATORS: Final = statement(Path(__file__).parent / "sql", "operators_after")
_ALL: Final = 1 << 30


async def ranked(snapshot: Snapshot, slices: Sequence[Slice]) -> Sequence[tuple[str, Counts]]:
    """Every operator with rows in some neighbouring days, by messages; equals by id."""
    every_id = await snapshot.fetch_value(_OPERATORS, None, _ALL)
    found: dict[str, list[Counts]] = defaultdict(list)
    for (operator_id, _), cells in (await snapshot.cells("OPERATOR", every_id, slices)).items():
        found[operator_id] += [cell.counts for cell in cells]
    sums = [(operator_id, total(counts)) for operator_id, counts in found.items()]
    return sorted(sums, key=lambda item: (-item[1].messages, item[0]))
