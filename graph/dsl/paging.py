"""Keyset pagination: predicates that select the rows after a position, in the query's total order.

If the order has only grouping keys, the predicate applies before grouping: it removes whole groups, and the engine
reads fewer rows. If the order has a measure, or rows are filled after grouping, the predicate applies after it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from graph.dsl.calendar import LONGEST
from graph.dsl.fields import column, dimension, key
from graph.dsl.name_checks import TIME
from graph.dsl.plan import Plan
from graph.dsl.predicates import Field, after
from graph.dsl.resolve import ResolvedQuery
from graph.dsl.where import instant_of
from schema.expressions import Column, Expression, call


def before_grouping(plan: Plan, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """The predicates on the table's rows."""
    order = plan.query.order
    if plan.query.fill:  # a page without events of a combination still has its filled rows
        return ()
    if not _has_only_keys(plan.query):
        return _time_bound(plan, position)
    keys = [(_key_field(plan, sort.field), sort.descending) for sort in order]
    return (*_time_bound(plan, position), after(keys, position))


def after_grouping(query: ResolvedQuery, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """The predicates on the answer's columns."""
    if _has_only_keys(query):
        return ()
    return (after([(column(query, sort.field), sort.descending) for sort in query.order], position),)


def _has_only_keys(query: ResolvedQuery) -> bool:
    return not query.fill and all(sort.field in query.groups for sort in query.order)


def _key_field(plan: Plan, name: str) -> Field:
    return Field(key(plan, name), "Int64", nullable=False) if name == TIME else dimension(plan, name)


def _time_bound(plan: Plan, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """The bound on the time column that the position implies. The table's sort key can use it, unlike a bucket's."""
    query, time = plan.query, Column(plan.table.time)
    if not query.order or query.order[0].field != TIME or position[0] is None:
        return ()
    start = datetime.fromtimestamp(int(position[0]), UTC)
    if query.order[0].descending:
        end = start + timedelta(seconds=LONGEST[query.granularity])
        return (call("less", time, instant_of(plan, end)),)
    return (call("greaterOrEquals", time, instant_of(plan, start)),)
