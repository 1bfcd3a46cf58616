"""Which rows of a table a question is about: those of its window that its filter leaves."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from graph.dsl.ast import And, Condition
from graph.dsl.calendar import Window
from graph.dsl.fields import dimension
from graph.dsl.passes import conjuncts, fields
from graph.dsl.plan import Plan
from graph.dsl.predicates import predicate
from schema.expressions import Bound, Column, Expression, Lambda, Name, call

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def within(plan: Plan, window: Window) -> tuple[Expression, ...]:
    """The time of rows lies in a window."""
    time = Column(plan.table.time)
    from_, to = (instant_of(plan, edge) for edge in window)
    return call("greaterOrEquals", time, from_), call("less", time, to)


def instant_of(plan: Plan, time: datetime) -> Bound:
    """An instant as the table's column has it; none of its calendar lies before 1970."""
    text = max(time, _FIRST).astimezone(UTC).replace(tzinfo=None)
    if plan.table.is_cube:
        return Bound(text.isoformat(" ", "seconds"), "DateTime('UTC')")
    return Bound(text.isoformat(" ", "microseconds"), "DateTime64(6, 'UTC')")


def filtered(plan: Plan, groups: Sequence[str]) -> Iterator[Expression]:
    """The filter. Of a dimension that a row has several of, one must do, unless each is a row of its own."""
    nested = plan.table.unnested.keys() - set(groups)
    conditions = conjuncts(plan.question.filter)
    for condition in conditions:
        if not nested & fields(condition):
            yield _predicate(plan, condition)
    for name in sorted(nested):
        about = tuple(condition for condition in conditions if name in fields(condition))
        if about:
            element = plan.table.dimensions[name]
            assert isinstance(element, Name)
            body = _predicate(plan, And(about) if len(about) > 1 else about[0])
            yield call("arrayExists", Lambda(element.name, body), plan.table.unnested[name])


def _predicate(plan: Plan, condition: Condition) -> Expression:
    return predicate(condition, lambda name: dimension(plan, name))
