"""The selection of rows that a report needs, its statement, and the cells that rows become."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

import asyncpg

from graph.access.scope import SubjectKind
from graph.reports import latency
from graph.reports.latency import Samples
from graph.reports.metrics import NOTHING, Counts
from graph.reports.reading.cells import NO_AMOUNTS, Cell
from graph.reports.reading.versions import DAY_VERSIONS
from graph.reports.windows import DAY_HOURS, DaySlice, day_date, hour_start
from infra.arrays import ints, longs
from infra.sql import statement
from schema.figures import COUNTERS, UNKNOWN, Figure

ROWS_PER_STEP: Final = 100  # rows to process before the event loop serves other requests

_SQL: Final = Path(__file__).parent / "sql"
Grouping: TypeAlias = Literal["rows", "hours", "days", "altogether"]
# The planner uses no index for the two conditions in one, `$2 is null or ...`.
_OF_IDS: Final = {True: "scope_id = any($2::text[])", False: "$2::text[] is null"}
_FIRST_HOUR: Final[Mapping[Grouping, str]] = {"days": "hour / 24 * 24", "altogether": "0::int8"}


def _statement(grouping: Grouping, of_ids: str, cells: str = "cells") -> str:
    rows = statement(_SQL, cells).replace("of_ids", of_ids)
    if grouping in _FIRST_HOUR:
        sums = statement(_SQL, "sums").replace("first_hour", _FIRST_HOUR[grouping])
        rows = sums.replace("(cells)", f"({rows})")
    return statement(_SQL, "columns").replace("(rows)", f"({rows})")


def _with_versions(columns: str) -> str:
    versions = DAY_VERSIONS.replace("$1", "$7").replace("$2", "$8")
    with_versions = statement(_SQL, "with_versions").replace("(versions)", f"({versions})")
    return with_versions.replace("(columns)", f"({columns})")


# By grouping, and whether ids are given.
STATEMENTS: Final = {
    (grouping, has_ids): _statement(grouping, of_ids)
    for grouping in get_args(Grouping)
    for has_ids, of_ids in _OF_IDS.items()
}
# The same of closed days, as they were at an instant.
STATEMENTS_AS_OF: Final = {
    (grouping, has_ids): _statement(grouping, _OF_IDS[has_ids], "as_of_cells")
    for grouping, has_ids in STATEMENTS
    if grouping != "hours"
}
# The same columns and those of day versions, whose arguments come last.
STATEMENTS_WITH_VERSIONS: Final = {key: _with_versions(rows) for key, rows in STATEMENTS.items()}

CellsBySlice: TypeAlias = Mapping[tuple[str, DaySlice], Sequence[Cell]]  # by subject's id; no key without cells


class Selection(NamedTuple):
    """Selects the cells of subjects of one kind (`ids`; None: all) in some slices: one per UTC day, or single hours.

    `grouping`: single rows, each of the hours, sums by day, or one sum. Only single rows come with latencies.
    """

    kind: SubjectKind
    ids: tuple[str, ...] | None
    slices: Sequence[DaySlice]
    grouping: Grouping = "rows"
    with_samples: bool = False

    @property
    def statement(self) -> tuple[Grouping, bool]:
        """The key of STATEMENTS and STATEMENTS_WITH_VERSIONS."""
        return self.grouping, self.ids is not None

    @property
    def arguments(self) -> Sequence[Any]:
        """The arguments of cells.sql."""
        by_hour = self.grouping == "hours"
        whole = [] if by_hour else [day_date(each.day) for each in self.slices if each.is_whole_day]
        partial = hour_ranges([each for each in self.slices if by_hour or not each.is_whole_day])
        starts, ends = [hour_start(first) for first, _ in partial], [hour_start(end) for _, end in partial]
        return self.kind, self.ids, whole, starts, ends, self.with_samples


def hour_ranges(slices: Sequence[DaySlice]) -> Sequence[tuple[int, int]]:
    """The half-open ranges of neighbouring hours, `(first, end)` in hours since 1970."""
    if not slices:
        return ()
    gaps = [(one.end_hour, other.first_hour) for one, other in pairwise(slices) if one.end_hour != other.first_hour]
    bounds = [slices[0].first_hour, *(hour for gap in gaps for hour in gap), slices[-1].end_hour]
    return list(zip(bounds[::2], bounds[1::2], strict=True))


async def by_slice(cells: Iterable[Cell], slices: Sequence[DaySlice]) -> dict[tuple[str, DaySlice], list[Cell]]:
    """Cells by their subject's id and the slice that contains their first hour."""
    slice_at, hours = {each.day: each for each in slices}, DAY_HOURS
    if len(slice_at) < len(slices):
        slice_at, hours = {each.first_hour: each for each in slices}, 1
    found: dict[tuple[str, DaySlice], list[Cell]] = defaultdict(list)
    for number, cell in enumerate(cells, 1):
        found[cell.id, slice_at[cell.hour // hours]].append(cell)
        if not number % ROWS_PER_STEP:
            await asyncio.sleep(0)
    return found


def make_cells(columns: asyncpg.Record) -> list[Cell]:
    """The cells in the one row of any of STATEMENTS."""
    if columns["ids"] is None:
        return []
    counters = [_counter(columns[figure.column], figure) for figure in COUNTERS.values()]
    counts = map(Counts._make, zip(map(int, columns["costs"].split(",")), *counters, strict=True))
    hours = longs([columns["hours"]]).tolist()
    rows = zip(columns["ids"], hours, counts, columns["currencies"], _samples(columns), strict=True)
    return [
        Cell(id_, hour, NOTHING, {currency: each.cost}) if currency else Cell(id_, hour, each, NO_AMOUNTS, samples)
        for id_, hour, each, currency, samples in rows
    ]


def _counter(sent: bytes, figure: Figure) -> list[int | None]:
    values: list[int | None] = longs([sent]).tolist()
    return [None if value == UNKNOWN else value for value in values] if figure.added else values


def _samples(columns: asyncpg.Record) -> Iterable[Samples]:
    """The histogram of each row."""
    if columns["bins"] is None:
        return repeat(latency.EMPTY, len(columns["ids"]))
    return latency.parse_each(columns["bins"], columns["counts"], ints([columns["lengths"]]).tolist())
