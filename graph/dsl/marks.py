"""Reads the marks of a query's cells, so that a cube answers as of now.

Ingest writes a fact, then the mark of its cell, then acknowledges the message. The pipeline `cubes` reads the marks,
then computes the cell from facts, then removes these marks. So at any time, a cell without a mark has all facts of
messages that were acknowledged before. A caller reads marks first, then runs one statement with them: a cell without a
mark comes from the cube, which has those facts or newer ones; a marked cell comes from facts; none comes from both.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from graph.dsl.compile import Compiled
from graph.dsl.execute import QueryEngine, both
from graph.dsl.freshness import FreshnessReader, TableFreshness, marking
from graph.dsl.marked import Marked
from graph.dsl.plan import Plan
from graph.dsl.scope import EVERY_TENANT, AllTenants
from graph.dsl.select import Statement
from graph.dsl.states import ONE_THREAD, Part, parts_of, parts_parameters, read_parts, with_parts
from infra.sql import statement
from schema.cubes import CUBES
from schema.instants import DAY, HOUR, SECOND, instant

# A statement lists its marked hours, and a server accepts only so long a statement.
MAX_HOURS: Final = 1_000
# Comparing each fact with more pairs of tenant and hour costs more than reading all tenants' facts of these hours.
MAX_PAIRS: Final = 100

_MARKS: Final = statement(Path(__file__).parent / "sql", "marks")
_MARKS_AND_PARTS: Final = with_parts(_MARKS)
_DAILY: Final = frozenset(cube.name for cube in CUBES if cube.time == "day")
_DAY, _HOUR = DAY // SECOND, HOUR // SECOND
_LAST: Final = (1 << 32) - 1  # second of a DateTime

# A tenant, a cube or its facts, and the first second of an hour, or of a day if the cube has days.
_Mark: TypeAlias = tuple[str, str, int]


class Current(NamedTuple):
    """A query whose marked cells are read from facts, the freshness of its answer, and the parts that it reads.

    All is of a time before the query's own statement. `parts`: empty unless they were asked for.
    """

    compiled: Compiled
    freshness: TableFreshness
    parts: Sequence[Part]


class MarkReader:
    """Reads marks. A tenant's query depends on its own marks only."""

    def __init__(self, engine: QueryEngine, freshness: FreshnessReader) -> None:
        self._engine, self._freshness = engine, freshness

    async def current(
        self, compiled: Compiled, *, at_one_instant: bool = False, for_validator: bool = False
    ) -> Current:
        """Reads marks and freshness, and the parts if it is `for_validator`.

        For all tenants, whole hours are read from facts if more than MAX_PAIRS of their cells are marked. With marks in
        more than MAX_HOURS, facts alone answer. `at_one_instant`: facts alone answer with any marks, because one table
        is read as of one instant. Raises DependencyUnavailableError.
        """
        plan, most = compiled.plan, 0 if at_one_instant else MAX_HOURS
        # The progress that freshness tells of is noted first: at once, before any statement begins.
        freshness, (marks, parts) = await both(
            self._freshness.of_answer(plan.table.name), self._read(plan, for_validator=for_validator)
        )
        marked = _marked(plan, marks, most)
        if marked is None:
            plan = plan.of_facts(f"{plan.table.name} has yet to follow more than {most} hours.")
            freshness = await self._freshness.of(plan.table.name)
        elif marked.hours:
            plan = plan.with_marked(marked)
        if plan is not compiled.plan:
            compiled = compiled.with_plan(plan)
        return Current(compiled, freshness, parts_of(plan, parts))

    async def _read(self, plan: Plan, *, for_validator: bool) -> tuple[Sequence[_Mark], Sequence[Part]]:
        """The marks of a plan that reads a cube, then the parts of its tables, by one statement.

        In this order: parts without a cell that was computed meanwhile, and marks from after that, would be the state
        of an older answer.
        """
        if not plan.table.is_cube:
            return (), await read_parts(self._engine, plan) if for_validator else ()
        sql, parameters = _MARKS, _parameters(plan)
        if for_validator:
            sql, parameters = _MARKS_AND_PARTS, {**parameters, **parts_parameters(plan, plan.followed)}
        columns = (await self._engine.read(Statement(sql, parameters, (), ONE_THREAD))).columns
        return columns[0][0], columns[1][0] if for_validator else ()


def _parameters(plan: Plan) -> Mapping[str, object]:
    """The parameters of the statement that reads marks: one more of each kind than may be listed."""
    windows = _windows(plan)  # without a previous window, the first is the last
    begins = [from_ - from_ % _DAY for from_, _ in windows]  # a marked day may begin before a window
    return {
        "marked": marking(plan.table.name),
        "tenant": EVERY_TENANT if isinstance(plan.scope, AllTenants) else plan.scope.tenant_id,
        "pairs": MAX_PAIRS + 1,
        "hours": MAX_HOURS + 1,
        **{"from": begins[0], "to": windows[0][1]},
        **{"previous_from": begins[-1], "previous_to": windows[-1][1]},
    }


def _marked(plan: Plan, marks: Sequence[_Mark], most: int) -> Marked | None:
    """The marked hours of a plan; None if there are more than `most`."""
    each_tenant, whole = ([mark for mark in marks if (mark[0] == EVERY_TENANT) is of_all] for of_all in (False, True))
    if isinstance(plan.scope, AllTenants):
        by_tenant = _hours(plan, each_tenant)
        if len(each_tenant) <= MAX_PAIRS and len(by_tenant) <= min(MAX_PAIRS, most):
            return Marked(by_tenant, of_every_tenant=False)
    hours = _hours(plan, whole)
    return Marked(hours) if len(whole) <= MAX_HOURS and len(hours) <= most else None


def _hours(plan: Plan, marks: Sequence[_Mark]) -> tuple[tuple[str, int], ...]:
    """The hours in the windows of a query that some marks stand for, in order, each with its tenant."""
    windows = _windows(plan)
    found = {
        (tenant, second)
        for tenant, cube, begin in marks
        for second in range(begin, begin + (_DAY if cube in _DAILY else _HOUR), _HOUR)
        if any(from_ <= second < to for from_, to in windows)
    }
    return tuple(sorted(found, key=lambda hour: (hour[1], hour[0])))


def _windows(plan: Plan) -> Sequence[tuple[int, int]]:
    """The windows of a query, in seconds since 1970, as far as a DateTime reaches."""
    windows = [[min(max(instant(edge) // SECOND, 0), _LAST) for edge in each] for each in plan.query.windows]
    return [(from_, to) for from_, to in windows]
