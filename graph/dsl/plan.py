"""Question -> Plan: which table answers, and why no cheaper one."""

from collections.abc import Iterator
from dataclasses import dataclass

from graph.access.disclosure import disclosed_by_dimension
from graph.dsl.calendar import Window, offsets
from graph.dsl.passes import fields
from graph.dsl.resolve import Question
from graph.dsl.scope import AllTenants, QueryScope, reads_names
from schema.catalog.terms import CELLS, CatalogTable
from schema.instants import HOUR, instant


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be read for whom. `reasons`: why cheaper tables cannot answer."""

    scope: QueryScope
    question: Question
    table: CatalogTable
    reasons: tuple[str, ...]


def plan(question: Question, scope: QueryScope) -> Plan:
    """With the cheapest table that can answer; facts always can.

    A cube with digests also answers percentiles: merging them costs what reading the facts does where cells are thin
    (about five facts each), and much less where they are not.
    """
    reasons: list[str] = []
    for table in question.dataset.tables:
        obstacles = list(_obstacles(table, question))
        if not obstacles:
            return Plan(scope, question, table, tuple(dict.fromkeys(reasons)))
        reasons += obstacles
    raise AssertionError(f"No table of {question.dataset.name} has every dimension and part.")


def unmasked(plan: Plan) -> tuple[str, ...]:
    """The dimensions that tell a tenant of MNOs what an addendum alone lets it know; those of a filter do, too."""
    if isinstance(plan.scope, AllTenants) or not reads_names(plan.scope):
        return ()
    question = plan.question
    used = {dimension.name for dimension in question.dimensions} | fields(question.filter)
    telling = (each for each in question.dataset.dimensions if disclosed_by_dimension(each) == "MNO")
    return tuple(each.name for each in telling if each.name in used)


def _obstacles(table: CatalogTable, question: Question) -> Iterator[str]:
    for name in _missing(table, question):
        yield f"{table.name} has no {name}."
    if not table.is_cube:
        return
    cells = CELLS[table.cell]
    for window in filter(None, (question.window, question.previous)):
        if any(instant(edge) % table.cell for edge in window):
            yield f"{table.name} holds {cells}: {window.from_.isoformat()} to {window.to.isoformat()} cuts through one."
        if not _whole_buckets(table, question, window):
            yield f"{table.name} holds {cells}: {question.granularity}s in {question.zone.key} cut through them."


def _missing(table: CatalogTable, question: Question) -> Iterator[str]:
    """Dimensions, and measures that the table has no parts for."""
    needed = (*(dimension.name for dimension in question.dimensions), *sorted(fields(question.filter)))
    yield from (name for name in dict.fromkeys(needed) if name not in table.dimensions)
    yield from (measure.name for measure in question.computed if not table.has(measure))


def _whole_buckets(table: CatalogTable, question: Question, window: Window) -> bool:
    """Whether every bucket is made of whole cells."""
    if question.granularity == "none":
        return True
    if question.granularity == "minute" or (question.granularity == "hour" and table.cell > HOUR):
        return False
    return all(offset % table.cell == 0 for offset in offsets(window, question.zone))
