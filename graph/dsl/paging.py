"""Where a page begins: after the last row of the one before, in the whole order of the question.

A position that consists of keys is passed before grouping: it leaves whole groups, and fewer rows to read. One with a
measure is passed when the measures are there.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from graph.dsl.calendar import LONGEST
from graph.dsl.fields import column, dimension, key
from graph.dsl.meaning import TIME
from graph.dsl.plan import Plan
from graph.dsl.predicates import Field, after
from graph.dsl.resolve import Question
from graph.dsl.where import instant_of
from schema.expressions import Column, Expression, call


def before_grouping(plan: Plan, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """What must be true of rows."""
    order = plan.question.order
    if not _is_of_keys(plan.question):
        return _time_bound(plan, position)
    keys = [(_key_field(plan, sort.field), sort.descending) for sort in order]
    return (*_time_bound(plan, position), after(keys, position))


def after_grouping(question: Question, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """What must be true of the answer's columns."""
    if _is_of_keys(question):
        return ()
    return (after([(column(question, sort.field), sort.descending) for sort in question.order], position),)


def _is_of_keys(question: Question) -> bool:
    return all(sort.field in question.groups for sort in question.order)


def _key_field(plan: Plan, name: str) -> Field:
    return Field(key(plan, name), "Int64", nullable=False) if name == TIME else dimension(plan, name)


def _time_bound(plan: Plan, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """What follows from the position for the time of rows, said again for the table's key, which knows no buckets."""
    question, time = plan.question, Column(plan.table.time)
    if not question.order or question.order[0].field != TIME or position[0] is None:
        return ()
    start = datetime.fromtimestamp(int(position[0]), UTC)
    if question.order[0].descending:
        end = start + timedelta(seconds=LONGEST[question.granularity])
        return (call("less", time, instant_of(plan, end)),)
    return (call("greaterOrEquals", time, instant_of(plan, start)),)
