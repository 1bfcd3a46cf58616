"""The predicates of the rows that a query reads: its window and its filter."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from graph.dsl.ast import And, Condition
from graph.dsl.calendar import Window
from graph.dsl.fields import dimension
from graph.dsl.passes import conjuncts, fields
from graph.dsl.plan import Plan
from graph.dsl.predicates import predicate
from schema.expressions import Bound, Column, Expression, Lambda, call

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def within(plan: Plan, window: Window) -> tuple[Expression, ...]:
    """The predicates of rows whose time lies in a window."""
    time = Column(plan.table.time)
    from_, to = (instant_of(plan, edge) for edge in window)
    return call("greaterOrEquals", time, from_), call("less", time, to)


def of_windows(plan: Plan, windows: Sequence[Window]) -> tuple[Expression, ...]:
    """The predicates of rows whose time lies in one of the windows."""
    each = [within(plan, window) for window in windows]
    return each[0] if len(each) == 1 else (call("or", *(call("and", *window) for window in each)),)


def instant_of(plan: Plan, time: datetime) -> Bound:
    """An instant in the type of the table's time column, whose earliest value is 1970."""
    text = max(time, _FIRST).astimezone(UTC).replace(tzinfo=None)
    if plan.table.is_cube:
        return Bound(text.isoformat(" ", "seconds"), "DateTime('UTC')")
    return Bound(text.isoformat(" ", "microseconds"), "DateTime64(6, 'UTC')")


def filtered(plan: Plan, groups: Sequence[str]) -> Iterator[Expression]:
    """The predicates of the filter.

    An array dimension that is not grouped by matches if any of its elements does. One that is grouped by has one row
    per element.
    """
    nested = plan.table.unnested.keys() - set(groups)
    conditions = conjuncts(plan.query.filter)
    for condition in conditions:
        if not nested & fields(condition):
            yield _predicate(plan, condition)
    for name in sorted(nested):
        on_element = tuple(condition for condition in conditions if name in fields(condition))
        if on_element:
            unnested = plan.table.unnested[name]
            body = _predicate(plan, And(on_element) if len(on_element) > 1 else on_element[0])
            yield call("arrayExists", Lambda(unnested.element.name, body), unnested.array)


def _predicate(plan: Plan, condition: Condition) -> Expression:
    return predicate(condition, lambda name: dimension(plan, name))
