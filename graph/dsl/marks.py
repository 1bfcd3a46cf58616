"""Reads the marks of a query's cells, so that a cube answers as of now.

Ingest writes a fact, then the mark of its cell, then acknowledges the message. The pipeline `cubes` reads the marks,
then computes the cell from facts, then removes these marks. So at any time, a cell without a mark has all facts of
messages that were acknowledged before. A caller reads marks first, then runs one statement with them: a cell without a
mark comes from the cube, which has those facts or newer ones; a marked cell comes from facts; none comes from both.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from graph.dsl.calendar import Window
from graph.dsl.compile import Compiled
from graph.dsl.execute import QueryEngine
from graph.dsl.freshness import FreshnessReader, TableFreshness, marking
from graph.dsl.marked import UNMARKED, Marked
from graph.dsl.plan import Plan
from graph.dsl.scope import EVERY_TENANT, AllTenants
from graph.dsl.select import Statement
from infra.sql import statement
from schema.instants import SECOND, instant

# A statement lists its marked hours, and a server accepts only so long a statement.
MAX_HOURS: Final = 1_000
# Comparing each fact with more pairs of tenant and hour costs more than reading all tenants' facts of these hours.
MAX_PAIRS: Final = 100

_MARKED_HOURS: Final = statement(Path(__file__).parent / "sql", "marked_hours")


class MarkReader:
    """Reads marks. A tenant's query depends on its own marks only."""

    def __init__(self, engine: QueryEngine, freshness: FreshnessReader) -> None:
        self._engine, self._freshness = engine, freshness

    async def current(self, compiled: Compiled, *, at_one_instant: bool = False) -> tuple[TableFreshness, Compiled]:
        """The freshness of the query's answer, then the query with marked cells read from facts.

        For all tenants, whole hours are read from facts if more than MAX_PAIRS of their cells are marked. With marks in
        more than MAX_HOURS, facts alone answer. `at_one_instant`: facts alone answer with any marks, because one table
        is read as of one instant. Raises DependencyUnavailableError.
        """
        plan, most = compiled.plan, 0 if at_one_instant else MAX_HOURS
        freshness = await self._freshness.of_answer(plan.table.name)  # before the marks, which may be newer
        if not plan.table.is_cube:
            return freshness, compiled
        marked, pairs = UNMARKED, isinstance(plan.scope, AllTenants)
        if pairs:
            marked = await self._marked(plan, MAX_PAIRS, of_every_tenant=False)
        if not pairs or len(marked.hours) > MAX_PAIRS:
            marked = await self._marked(plan, most, of_every_tenant=True)
        if len(marked.hours) > most:
            facts = plan.of_facts(f"{plan.table.name} has yet to follow more than {most} hours.")
            return await self._freshness.of(facts.table.name), compiled.with_plan(facts)
        return freshness, compiled.with_plan(plan.with_marked(marked)) if marked.hours else compiled

    async def _marked(self, plan: Plan, most: int, *, of_every_tenant: bool) -> Marked:
        from_, to = _seconds(plan.query.window)
        previous_from, previous_to = (0, 0) if plan.query.previous is None else _seconds(plan.query.previous)
        parameters = {
            "marked": marking(plan.table.name),
            "tenant": EVERY_TENANT if isinstance(plan.scope, AllTenants) else plan.scope.tenant_id,
            "shown": EVERY_TENANT if of_every_tenant else "",
            **{"from": from_, "to": to, "previous_from": previous_from, "previous_to": previous_to},
            "limit": most + 1,
        }
        tenants, hours = (await self._engine.read(Statement(_MARKED_HOURS, parameters))).columns or ((), ())
        return Marked(tuple(zip(tenants, hours, strict=True)), of_every_tenant)


def _seconds(window: Window) -> Sequence[int]:
    return [max(instant(edge) // SECOND, 0) for edge in window]
