"""Which rows a report wants, the statement that reads them, and the cells that they become."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

import asyncpg

from graph.access.scope import SubjectKind
from graph.reports import latency
from graph.reports.metrics import NOTHING, Counts
from graph.reports.reading.marks import MARKS
from graph.reports.reading.parts import Cell
from graph.reports.windows import DAY_HOURS, Slice, day_date, hour_start
from infra.sql import statement
from schema.money import parse_money

AT_ONCE: Final = 100  # rows that are worked on before other requests have their turn

_SQL: Final = Path(__file__).parent / "sql"
Form: TypeAlias = Literal["rows", "days", "altogether"]
# Two conditions in one, `$2 is null or ...`, would keep the planner from the index.
_OF_IDS: Final = {True: "scope_id = any($2::text[])", False: "$2::text[] is null"}
_FIRST_HOUR: Final[Mapping[Form, str]] = {"days": "hour / 24 * 24", "altogether": "0::int8"}


def _statement(form: Form, of_ids: str) -> str:
    cells = f"({statement(_SQL, 'cells').replace('of_ids', of_ids)})"
    if form == "rows":
        return statement(_SQL, "rows").replace("(cells)", cells)
    return statement(_SQL, "added").replace("first_hour", _FIRST_HOUR[form]).replace("(cells)", cells)


def _beside(rows: str) -> str:
    """The marks, whose arguments come last, in a row of their own."""
    marks = MARKS.replace("$1", "$7").replace("$2", "$8")
    return statement(_SQL, "beside").replace("(marks)", f"({marks})").replace("(rows)", f"({rows})")


STATEMENTS: Final = {(form, of): _statement(form, ids) for form in get_args(Form) for of, ids in _OF_IDS.items()}
BESIDE: Final = {key: _beside(rows) for key, rows in STATEMENTS.items()}

Cells: TypeAlias = Mapping[tuple[str, Slice], Sequence[Cell]]  # by subject's id and slice; without cells absent


class Wanted(NamedTuple):
    """Of subjects of one scope (`ids`; None: all), what lies in some slices: UTC days or parts of them, or hours.

    `form`: single rows, added up by day, or altogether. Latencies come with single rows alone.
    """

    kind: SubjectKind
    ids: tuple[str, ...] | None
    slices: Sequence[Slice]
    form: Form = "rows"
    with_samples: bool = False

    @property
    def statement(self) -> tuple[Form, bool]:
        """The key of STATEMENTS and BESIDE."""
        return self.form, self.ids is not None

    @property
    def arguments(self) -> Sequence[Any]:
        """What cells.sql is asked with."""
        whole = [day_date(piece.day) for piece in self.slices if piece.is_whole_day]
        cut = stretches([piece for piece in self.slices if not piece.is_whole_day])
        starts, ends = [hour_start(first) for first, _ in cut], [hour_start(end) for _, end in cut]
        return self.kind, self.ids, whole, starts, ends, self.with_samples


def stretches(slices: Sequence[Slice]) -> Sequence[tuple[int, int]]:
    """Neighbouring hours together: the first hour and the end of each stretch, since 1970."""
    if not slices:
        return ()
    gaps = [(one.end_hour, other.first_hour) for one, other in pairwise(slices) if one.end_hour != other.first_hour]
    bounds = [slices[0].first_hour, *(hour for gap in gaps for hour in gap), slices[-1].end_hour]
    return list(zip(bounds[::2], bounds[1::2], strict=True))


async def by_slice(cells: Iterable[Cell], slices: Sequence[Slice]) -> dict[tuple[str, Slice], list[Cell]]:
    """Cells where they belong, by their first hour."""
    pieces, hours = {piece.day: piece for piece in slices}, DAY_HOURS
    if len(pieces) < len(slices):
        pieces, hours = {piece.first_hour: piece for piece in slices}, 1
    found: dict[tuple[str, Slice], list[Cell]] = defaultdict(list)
    for number, cell in enumerate(cells, 1):
        found[cell.id, pieces[cell.hour // hours]].append(cell)
        if not number % AT_ONCE:
            await asyncio.sleep(0)
    return found


def make_cell(row: asyncpg.Record) -> Cell:
    """A row of rows.sql, days.sql or altogether.sql."""
    id_, hour, cost, bins = row["scope_id"], row["hour"], parse_money(row["cost"]), row["bins"]
    if row["currency"] is not None:
        return Cell(id_, hour, NOTHING, {row["currency"]: cost})
    held = latency.EMPTY if bins is None else latency.parse([bins], [row["counts"]])
    return Cell(id_, hour, Counts.of(row, cost), samples=held)
