"""The sums of cubes and of their facts, written from the declarations of the cubes. Pure: no I/O.

Names of tables and columns come from `schema/cubes.py`; values are parameters. Digests are not compared: two digests of
the same latencies may differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.sql import statement
from infra.zones import timezone
from pipelines.crosscheck.questions import EVERY_TENANT, Question
from pipelines.crosscheck.statements import Statement
from schema.cubes import CUBES, CubeTable
from schema.instants import HOUR, SECOND, time_of

SQL: Final = Path(__file__).parent / "sql"
_HOUR: Final = HOUR // SECOND
FILTERS: Final = ("mno", "lane")  # dimensions that every cube has
NOT_COMPARED: Final = ("latency_digest",)


@dataclass(frozen=True, slots=True)
class DatasetTables:
    """The tables of a dataset. `days`: the cube of days; None if it has none."""

    facts: str
    hours: CubeTable
    days: CubeTable | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which cells are marked in `anlyt.dirty`."""
        return self.facts, self.hours.name, *([self.days.name] if self.days else [])


_BY_SOURCE: Final[Mapping[str, CubeTable]] = {cube.source: cube for cube in CUBES}
TABLES: Final[Mapping[str, DatasetTables]] = {
    cube.source.removeprefix("facts_"): DatasetTables(cube.source, cube, _BY_SOURCE.get(cube.name))
    for cube in CUBES
    if cube.of_facts
}


def cube_cells(cube: CubeTable, question: Question) -> Statement:
    """The sums and the hash of a cube's cells, as the cube has them."""
    return _sums(cube, question, _of_cube(cube, question), hashed=True)


def source_cells(cube: CubeTable, question: Question) -> Statement:
    """The same, computed from the cube's source."""
    at = "source.event_time" if cube.of_facts else "source.hour"
    return _sums(cube, question, _of_source(cube, question, _between(at, "first", "end")), hashed=True)


def fact_sums(question: Question) -> Statement:
    """The sums of a dataset's facts."""
    cube = TABLES[question.dataset].hours
    return _sums(cube, question, _of_source(cube, question, _between("source.event_time", "first", "end")))


def local_days(question: Question) -> Statement:
    """The sums of facts by local day, in a window whose edges are local midnights."""
    cube, zone = TABLES[question.dataset].hours, timezone(question.zone)
    edges = [time_of(edge * SECOND).astimezone(zone) for edge in (question.first, question.end)]
    begin, end = (f"{edge:%Y-%m-%d %H:%M:%S}" for edge in edges)
    window = (
        "source.event_time >= toDateTime64(%(begin)s, 6, %(zone)s) "
        "and source.event_time < toDateTime64(%(before)s, 6, %(zone)s)"
    )
    day = "toStartOfDay(source.event_time, %(zone)s) as day"
    cells = _of_source(cube, question, window, grouped=day, keys="day")
    return _sums(cube, question, cells, begin=begin, before=end)


def window_parts(question: Question) -> Statement:
    """The sums of a window in three parts: the whole hours of the cube, and what lies before and behind, of facts."""
    cube = TABLES[question.dataset].hours
    inner = -(-question.first // _HOUR) * _HOUR, question.end // _HOUR * _HOUR
    at = "source.event_time"
    edges = f"({_between(at, 'begin', 'first')} or {_between(at, 'end', 'before')})"
    cells = f"{_of_cube(cube, question)}\nunion all\n{_of_source(cube, question, edges)}"
    return _sums(cube, question, cells, begin=question.first, before=question.end, first=inner[0], end=inner[1])


def pages(question: Question) -> Statement:
    """The sums of two pages of groups of a cube's cells."""
    cube = TABLES[question.dataset].hours
    sql = filled("pages", sums=_sums_of(cube), cells=_of_cube(cube, question))
    return Statement("clickhouse", sql, _values(question))


def _of_cube(cube: CubeTable, question: Question) -> str:
    return filled(
        "cells_of_cube",
        dimensions=", ".join(cube.dimensions),
        columns=", ".join(_figures(cube)),
        cube=cube.name,
        time=cube.time,
        scope=_scope(question, ""),
    )


def _of_source(cube: CubeTable, question: Question, window: str, grouped: str = "", keys: str = "") -> str:
    """The cells of the cube's source in a window. They have the dimensions of the cube, unless others are given."""
    at = "event_time" if cube.of_facts else "hour"
    begin = f"toStartOf{cube.time.capitalize()}(source.{at}, 'UTC') as {cube.time}"
    dimensions = [begin if name == cube.time else f"source.{name} as {name}" for name in cube.dimensions]
    return filled(
        "cells_of_source",
        grouped=grouped or ", ".join(dimensions),
        figures=", ".join(f"{sql} as {name}" for name, sql in _figures(cube).items()),
        source=cube.source,
        window=window,
        scope=_scope(question, "source."),
        keys=keys or ", ".join(cube.dimensions),
    )


def _sums(cube: CubeTable, question: Question, cells: str, *, hashed: bool = False, **values: Any) -> Statement:
    columns = ", ".join(f"cell.{name}" for name in (*cube.dimensions, *_figures(cube)))
    hash_ = f", hex(groupBitXor(cityHash64({columns}))) as cells" if hashed else ""
    sql = filled("sums", sums=_sums_of(cube), hash=hash_, cells=cells)
    return Statement("clickhouse", sql, _values(question) | values)


def _sums_of(cube: CubeTable) -> str:
    aggregates = {name: "max" if sql.startswith("max(") else "sum" for name, sql in _figures(cube).items()}
    return ", ".join(f"{aggregate}(cell.{name}) as {name}" for name, aggregate in aggregates.items())


def _figures(cube: CubeTable) -> Mapping[str, str]:
    """The compared figures of a cube, each with its SQL over rows of the source."""
    return {name: figure.sql for name, figure in cube.figures.items() if name not in NOT_COMPARED}


def _between(at: str, first: str, end: str) -> str:
    return f"{at} >= toDateTime(%({first})s, 'UTC') and {at} < toDateTime(%({end})s, 'UTC')"


def _scope(question: Question, table: str) -> str:
    """The conditions on tenant and dimension, each of which a question may lack."""
    tenant = "" if question.tenant == EVERY_TENANT else f" and {table}tenant_id = %(tenant)s"
    if not question.dimension:
        return tenant
    if question.dimension not in FILTERS:
        raise ValueError(f"{question.dimension} is no dimension to filter by")
    return f"{tenant} and {table}{question.dimension} = %(value)s"


def _values(question: Question) -> dict[str, Any]:
    return {
        "first": question.first,
        "end": question.end,
        "tenant": question.tenant,
        "value": question.value,
        "zone": question.zone,
        "page": question.page,
    }


def filled(name: str, **parts: str) -> str:
    """A statement of this package without its comment, its placeholders replaced."""
    text = "\n".join(line for line in statement(SQL, name).splitlines() if not line.startswith("--"))
    for part, sql in parts.items():
        text = text.replace(f"{{{part}}}", sql)
    return text
