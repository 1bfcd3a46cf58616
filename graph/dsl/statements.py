"""Makes the statements of a plan: the rows of a page, the totals, the currencies and the row count.

Rows and totals have two levels. The inner select groups the table's rows into keys (`by_mno`) and parts
(`part_delivered`). The outer select computes the answer's columns from them, under their names in the catalogue.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from graph.dsl.calendar import Shift, Window, shift
from graph.dsl.cells import current_rows, stored_rows
from graph.dsl.fields import dimension, key, measure, parts
from graph.dsl.fills import filled
from graph.dsl.paging import after_grouping, before_grouping
from graph.dsl.plan import Plan
from graph.dsl.predicates import predicate
from graph.dsl.select import Join, Select
from graph.dsl.where import filtered, of_windows, within
from schema.catalog.terms import Measure
from schema.expressions import Bound, Constant, Expression, Name, call

PREVIOUS: Final = "previous_"  # prefix of a measure in the previous window
_IS_MATCH: Final = "is_match"  # 1 in the rows of the previous window, 0 where the join has none


def rows(plan: Plan, position: Sequence[str | None] | None, limit: int) -> Select:
    """One page: `limit` rows after the position, and one more that shows whether there is a next page."""
    page = _page(plan, position, limit + 1)
    return page if plan.query.previous is None else _compared(plan, page, plan.query.previous)


def totals(plan: Plan) -> Select:
    """The measures over all events that the filter selects, regardless of `having`."""
    return _answer(plan, _grouped(plan, plan.query.window, ()), ())


def currencies(plan: Plan) -> Select:
    """Up to two of the currencies that the query reads."""
    currency = dimension(plan, "currency").expression
    where = (*of_windows(plan, plan.query.windows), *filtered(plan, ()))
    return Select(
        {"currency": currency},
        current_rows(plan, plan.query.windows, (currency, *where)),
        where=where,
        group_by=("currency",),
        limit=Bound(2, "UInt64"),
    )


def count(plan: Plan) -> Select:
    """The number of the scope's rows in the windows, regardless of the filter: the tables' sort keys make it cheap."""
    return stored_rows(plan, plan.query.windows)


def _page(plan: Plan, position: Sequence[str | None] | None, limit: int) -> Select:
    query = plan.query
    before = () if position is None else before_grouping(plan, position)
    beyond = () if position is None else after_grouping(query, position)
    having = () if query.having is None else (predicate(query.having, lambda name: measure(query, name)),)
    grouped = _grouped(plan, query.window, query.groups, where=before)
    answer = _answer(plan, filled(plan, grouped) if query.fill else grouped, query.groups)
    return Select(
        answer.columns,
        answer.source,
        where=(*having, *beyond),
        order_by=query.order,
        limit=Bound(limit, "UInt64"),
    )


def _compared(plan: Plan, page: Select, window: Window) -> Select:
    """The page, each row joined with the row of the same groups in another window."""
    query = plan.query
    moved_by = shift(query.granularity, window, query.window, query.zone)
    previous = _answer(plan, _grouped(plan, window, query.groups, shift=moved_by), query.groups)
    if any(each.nothing for each in query.measures):
        previous = replace(previous, columns={**previous.columns, _IS_MATCH: Constant(1)})
    columns = {name: Name(f"page.{name}") for name in page.columns}
    beside = {f"{PREVIOUS}{each.name}": _beside(each) for each in query.measures}
    return Select({**columns, **beside}, Join(page, previous, query.groups), order_by=query.order)


def _beside(measure: Measure) -> Expression:
    """A measure in the previous window. Without a row of the same groups, the join has 0, or null where it may be."""
    value = Name(f"previous.{measure.name}")
    return value if measure.nothing is None else call("if", Name(f"previous.{_IS_MATCH}"), value, measure.nothing)


def _answer(plan: Plan, grouped: Select, groups: Sequence[str]) -> Select:
    """The outer select: computes the answer's columns from keys and parts."""
    keys: dict[str, Expression] = {name: Name(f"by_{name}") for name in groups}
    return Select({**keys, **{each.name: each.formula for each in plan.query.measures}}, grouped)


def _grouped(
    plan: Plan,
    window: Window,
    groups: Sequence[str],
    *,
    where: Sequence[Expression] = (),
    shift: Shift | None = None,
) -> Select:
    """The inner select: the keys and parts of the rows in a window."""
    keys = {f"by_{name}": key(plan, name, shift) for name in groups}
    sums = {f"part_{name}": plan.table.parts[name] for name in parts(plan.query)}
    conditions = (*within(plan, window), *filtered(plan, groups), *where)
    unnested = tuple(name for name in groups if name in plan.table.unnested)
    used = (*keys.values(), *sums.values(), *conditions)
    return Select(
        {**keys, **sums},
        current_rows(plan, (window,), used, unnested),
        where=conditions,
        group_by=tuple(keys),
    )
