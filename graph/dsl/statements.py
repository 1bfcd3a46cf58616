"""Plan -> statements: the rows of a page, their totals, and the currencies that they are in.

Each has two levels: rows of the table are grouped into keys (`by_mno`) and parts (`part_delivered`), of which the
answer's columns are made, under the names that the catalogue has for them.
"""

from collections.abc import Sequence
from typing import Final

from graph.dsl.calendar import Shift, Window, shift
from graph.dsl.fields import dimension, key, measure, parts
from graph.dsl.paging import after_grouping, before_grouping
from graph.dsl.plan import Plan
from graph.dsl.predicates import predicate
from graph.dsl.select import Join, Read, Select
from graph.dsl.where import filtered, within
from schema.expressions import Bound, Expression, Name, call

PREVIOUS: Final = "previous_"  # and the name of a measure


def rows(plan: Plan, position: Sequence[str | None] | None, limit: int) -> Select:
    """One page: after the position, `limit` rows and one more, which tells that there is another page."""
    page = _page(plan, position, limit + 1)
    return page if plan.question.previous is None else _compared(plan, page, plan.question.previous)


def totals(plan: Plan) -> Select:
    """The measures over everything that the filter leaves, whatever `having` removes from the rows."""
    return _answer(plan, _grouped(plan, plan.question.window, ()), ())


def currencies(plan: Plan) -> Select:
    """The first two currencies of all that is read."""
    return Select(
        {"currency": dimension(plan, "currency").expression},
        Read(plan.table, plan.scope),
        where=(*_windows(plan), *filtered(plan, ())),
        group_by=("currency",),
        limit=Bound(2, "UInt64"),
    )


def count(plan: Plan) -> Select:
    """How many rows the scope has in the windows, whatever the filter leaves: the engine counts them by the key."""
    return Select({"rows_read": call("count")}, Read(plan.table, plan.scope, final=False), where=_windows(plan))


def _windows(plan: Plan) -> tuple[Expression, ...]:
    """The time of rows lies in the window, or in the one compared with."""
    windows = [within(plan, window) for window in (plan.question.window, plan.question.previous) if window]
    return windows[0] if len(windows) == 1 else (call("or", *(call("and", *window) for window in windows)),)


def _page(plan: Plan, position: Sequence[str | None] | None, limit: int) -> Select:
    question = plan.question
    before = () if position is None else before_grouping(plan, position)
    beyond = () if position is None else after_grouping(question, position)
    having = () if question.having is None else (predicate(question.having, lambda name: measure(question, name)),)
    answer = _answer(plan, _grouped(plan, question.window, question.groups, where=before), question.groups)
    return Select(
        answer.columns,
        answer.source,
        where=(*having, *beyond),
        order_by=question.order,
        limit=Bound(limit, "UInt64"),
    )


def _compared(plan: Plan, page: Select, window: Window) -> Select:
    """The page, each row beside that of the same groups in another window."""
    question = plan.question
    moved = shift(question.granularity, window, question.window, question.zone)
    previous = _answer(plan, _grouped(plan, window, question.groups, shift=moved), question.groups)
    columns = {name: Name(f"page.{name}") for name in page.columns}
    beside = {f"{PREVIOUS}{each.name}": Name(f"previous.{each.name}") for each in question.measures}
    return Select({**columns, **beside}, Join(page, previous, question.groups), order_by=question.order)


def _answer(plan: Plan, grouped: Select, groups: Sequence[str]) -> Select:
    """The answer's columns, made of keys and parts."""
    keys: dict[str, Expression] = {name: Name(f"by_{name}") for name in groups}
    return Select({**keys, **{each.name: each.formula for each in plan.question.measures}}, grouped)


def _grouped(
    plan: Plan,
    window: Window,
    groups: Sequence[str],
    *,
    where: Sequence[Expression] = (),
    shift: Shift | None = None,
) -> Select:
    """Keys and parts of the rows in a window."""
    keys = {f"by_{name}": key(plan, name, shift) for name in groups}
    sums = {f"part_{name}": plan.table.parts[name] for name in parts(plan.question)}
    return Select(
        {**keys, **sums},
        Read(plan.table, plan.scope, tuple(name for name in groups if name in plan.table.unnested)),
        where=(*within(plan, window), *filtered(plan, groups), *where),
        group_by=tuple(keys),
    )
