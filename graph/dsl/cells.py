"""The rows that answer a query: those of its table, or of a cube whose marked cells are computed from facts.

A marked cell may lack facts. The statement computes its rows from facts as the pipeline `cubes` would, so all that is
built on the rows of a cube stays the same. A marked day consists of the cells of its hours, of which only the marked
ones are computed from facts. Each hour comes from exactly one table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Final

from graph.dsl.calendar import Window
from graph.dsl.marked import Marked
from graph.dsl.plan import Plan
from graph.dsl.select import Read, Select, Union
from graph.dsl.where import of_windows, within
from schema.catalog.terms import CatalogTable
from schema.cubes import CUBES, CubeTable
from schema.expressions import Bound, Call, Column, Constant, Expression, Lambda, Sql, call

_BY_NAME: Final[Mapping[str, CubeTable]] = {cube.name: cube for cube in CUBES}


def current_rows(
    plan: Plan, windows: Sequence[Window], used: Iterable[Expression], unnested: tuple[str, ...] = ()
) -> Read | Union:
    """The rows of the plan's table in the windows, as its facts are now, for a select of the expressions `used`."""
    if not plan.marked.hours:
        return Read(plan.table, plan.scope, unnested)
    columns = frozenset(name for each in used for name in _columns(each))
    return Union(tuple(_branch(plan, table, windows, columns) for table in plan.tables))


def stored_rows(plan: Plan, windows: Sequence[Window]) -> Select:
    """The number of stored rows from which `current_rows` are made."""
    counts = [
        Select({"stored": call("count")}, Read(table, plan.scope, final=False), where=_where(plan, table, windows))
        for table in plan.tables
    ]
    if len(counts) == 1:
        return counts[0]
    return Select({"rows_read": call("sum", Column("stored"))}, Union(tuple(counts)))


def _branch(plan: Plan, table: CatalogTable, windows: Sequence[Window], columns: Set[str]) -> Select:
    """The rows of the cube that come from one table. Those of facts are added up by the columns that are used."""
    cube = _BY_NAME[plan.table.name]
    dimensions: dict[str, Expression] = {name: Column(name) for name in cube.dimensions if name in columns}
    dimensions[cube.time] = _begin(table, cube.time)
    figures: dict[str, Expression] = {
        name: Column(name) if table.is_cube else Sql(_of_facts(cube).figures[name].sql)
        for name in cube.figures
        if name in columns
    }
    return Select(
        dimensions | figures,
        Read(table, plan.scope),
        where=_where(plan, table, windows),
        group_by=() if table.is_cube else tuple(dimensions),
    )


def _columns(expression: Expression) -> Iterator[str]:
    """The table's columns in an expression."""
    match expression:
        case Column(name):
            yield name
        case Call(_, arguments):
            for argument in arguments:
                yield from _columns(argument)
        case Lambda(_, body):
            yield from _columns(body)


def _where(plan: Plan, table: CatalogTable, windows: Sequence[Window]) -> tuple[Expression, ...]:
    """The predicates of the rows that a table contributes: those of cells that no table before it has."""
    of_table, marked = replace(plan, table=table), plan.marked
    in_windows = of_windows(of_table, windows)
    if not marked.hours:
        return in_windows
    if not table.is_cube:
        return (*in_windows, *within(of_table, marked.span), _is_marked(marked, table, "hour"))
    contained = () if table is plan.table else (_is_marked(marked, table, "day"),)
    return (*in_windows, *contained, call("not", _is_marked(marked, table, table.time)))


def _is_marked(marked: Marked, table: CatalogTable, cell: str) -> Expression:
    """Whether a row belongs to a marked hour, or to a day that contains one."""
    begin, cells = _begin(table, cell), marked.days if cell == "day" else marked.hours
    if marked.of_every_tenant:
        return call("in", begin, Bound(tuple(begin for _, begin in cells), "Array(DateTime('UTC'))"))
    return call("in", call("tuple", Column("tenant_id"), begin), Bound(cells, "Array(Tuple(String, DateTime('UTC')))"))


def _begin(table: CatalogTable, cell: str) -> Expression:
    """The beginning of a row's cell: "hour" or "day"."""
    time = Column(table.time)
    return time if cell == table.time else call(f"toStartOf{cell.capitalize()}", time, Constant("UTC"))


def _of_facts(cube: CubeTable) -> CubeTable:
    """The cube of the same figures that is computed from facts."""
    return cube if cube.of_facts else _of_facts(_BY_NAME[cube.source])
