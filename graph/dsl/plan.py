"""Plans a resolved query: chooses the table that answers, and says why no cheaper one can."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from graph.access.disclosure import disclosed_by_dimension
from graph.dsl.calendar import Window, offsets
from graph.dsl.marked import UNMARKED, Marked
from graph.dsl.passes import fields
from graph.dsl.resolve import ResolvedQuery
from graph.dsl.scope import AllTenants, QueryScope, reads_names
from schema.catalog.terms import CELLS, CatalogTable
from schema.instants import HOUR, instant


@dataclass(frozen=True, slots=True)
class Plan:
    """A query with the scope and the table that it reads. `reasons`: why cheaper tables cannot answer.

    `marked`: the cells of a cube that the tables after it answer.
    """

    scope: QueryScope
    query: ResolvedQuery
    table: CatalogTable
    reasons: tuple[str, ...]
    marked: Marked = UNMARKED

    @property
    def tables(self) -> tuple[CatalogTable, ...]:
        """The tables that are read: cubes of longer cells first, facts last."""
        return self.followed if self.marked.hours else (self.table,)

    @property
    def followed(self) -> tuple[CatalogTable, ...]:
        """The plan's table, and those that it is computed from."""
        tables = self.query.dataset.tables
        return tables[tables.index(self.table) :]

    def with_marked(self, marked: Marked) -> "Plan":
        """The same query, with marked cells read from the tables after the cube."""
        return replace(self, marked=marked)

    def of_facts(self, reason: str) -> "Plan":
        """The same query, answered by facts alone, for an additional reason."""
        return replace(self, table=self.query.dataset.tables[-1], reasons=(*self.reasons, reason), marked=UNMARKED)


def plan(query: ResolvedQuery, scope: QueryScope) -> Plan:
    """Plans a query with the cheapest table that can answer; the fact table always can.

    A cube with t-digests also answers percentiles. With about five facts per cell, merging digests costs as much as
    reading the facts; with more facts per cell, it costs much less.
    """
    reasons: list[str] = []
    for table in query.dataset.tables:
        obstacles = list(_obstacles(table, query))
        if not obstacles:
            return Plan(scope, query, table, tuple(dict.fromkeys(reasons)))
        reasons += obstacles
    raise AssertionError(f"No table of {query.dataset.name} has every dimension and part.")


def unmasked(plan: Plan) -> tuple[str, ...]:
    """Returns the used dimensions that disclose real MNO names to a tenant, by virtue of its addendum.

    They are used as dimensions or in the filter. Returns nothing for the platform, and for a tenant that reads
    pseudonyms.
    """
    if isinstance(plan.scope, AllTenants) or not reads_names(plan.scope):
        return ()
    query = plan.query
    used = {dimension.name for dimension in query.dimensions} | fields(query.filter)
    disclosing = (each for each in query.dataset.dimensions if disclosed_by_dimension(each) == "MNO")
    return tuple(each.name for each in disclosing if each.name in used)


def _obstacles(table: CatalogTable, query: ResolvedQuery) -> Iterator[str]:
    """Yields the reasons why the table cannot answer the query."""
    for name in _missing(table, query):
        yield f"{table.name} has no {name}."
    if not table.is_cube:
        return
    cells = CELLS[table.cell]
    for window in filter(None, (query.window, query.previous)):
        if any(instant(edge) % table.cell for edge in window):
            yield f"{table.name} holds {cells}: {window.from_.isoformat()} to {window.to.isoformat()} cuts through one."
        if not _whole_buckets(table, query, window):
            yield f"{table.name} holds {cells}: {query.granularity}s in {query.zone.key} cut through them."


def _missing(table: CatalogTable, query: ResolvedQuery) -> Iterator[str]:
    """Yields the query's dimensions and measures that the table does not have."""
    needed = (*(dimension.name for dimension in query.dimensions), *sorted(fields(query.filter)))
    yield from (name for name in dict.fromkeys(needed) if name not in table.dimensions)
    yield from (measure.name for measure in query.computed if not table.has(measure))


def _whole_buckets(table: CatalogTable, query: ResolvedQuery, window: Window) -> bool:
    """Whether every bucket consists of whole cells of the table."""
    if query.granularity == "none":
        return True
    if query.granularity == "minute" or (query.granularity == "hour" and table.cell > HOUR):
        return False
    return all(offset % table.cell == 0 for offset in offsets(window, query.zone))
