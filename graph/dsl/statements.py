"""Plan -> statements: the rows of a page, their totals, and the currencies that they are in.

Each has two levels: rows of the table are grouped into keys (`by_mno`) and parts (`part_delivered`), of which the
answer's columns are made, under the names that the catalogue has for them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from graph.dsl.ast import And, Condition
from graph.dsl.buckets import bucket
from graph.dsl.calendar import LONGEST, Shift, Window, shift
from graph.dsl.meaning import TIME
from graph.dsl.passes import conjuncts, fields
from graph.dsl.plan import Plan
from graph.dsl.predicates import Field, after, predicate
from graph.dsl.resolve import Question
from graph.dsl.scope import mno_seen
from graph.dsl.select import Join, Read, Select
from schema.catalog.terms import Measure
from schema.expressions import Bound, Call, Column, Expression, Lambda, Name, call

PREVIOUS: Final = "previous_"  # and the name of a measure
# The engine's types of what a measure is computed as.
TYPES: Final = {"integer": "Int64", "rate": "Int64", "money": "Int128"}

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)  # of the engine's calendar


def rows(plan: Plan, position: Sequence[str | None] | None, limit: int) -> Select:
    """One page: after the position, `limit` rows and one more, which tells that there is another page."""
    page = _page(plan, position, limit + 1)
    return page if plan.question.previous is None else _compared(plan, page, plan.question.previous)


def totals(plan: Plan) -> Select:
    """The measures over everything that the filter leaves, whatever `having` removes from the rows."""
    return _answer(plan, _grouped(plan, plan.question.window, ()), ())


def currencies(plan: Plan) -> Select:
    """The first two currencies of all that is read."""
    windows = list(filter(None, (plan.question.window, plan.question.previous)))
    whole = Window(min(window.from_ for window in windows), max(window.to for window in windows))
    return Select(
        {"currency": _field(plan, "currency").expression},
        Read(plan.table, plan.scope),
        where=(*_within(plan, whole), *_filtered(plan, ())),
        group_by=("currency",),
        limit=Bound(2, "UInt64"),
    )


def _page(plan: Plan, position: Sequence[str | None] | None, limit: int) -> Select:
    question = plan.question
    groups = question.groups
    by_groups_only = all(sort.field in groups for sort in question.order)
    earlier = () if position is None else _after_time(plan, position)
    keys = () if position is None or not by_groups_only else (_after(plan, position),)
    inner = _grouped(plan, question.window, groups, where=(*earlier, *keys))
    beyond = () if position is None or by_groups_only else (_after_outside(question, position),)
    having = () if question.having is None else (predicate(question.having, lambda name: _measured(question, name)),)
    answer = _answer(plan, inner, groups)
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
    beside = {f"{PREVIOUS}{measure.name}": Name(f"previous.{measure.name}") for measure in question.measures}
    return Select({**columns, **beside}, Join(page, previous, question.groups), order_by=question.order)


def _answer(plan: Plan, grouped: Select, groups: Sequence[str]) -> Select:
    """The answer's columns, made of keys and parts."""
    keys: dict[str, Expression] = {name: Name(f"by_{name}") for name in groups}
    return Select({**keys, **{measure.name: measure.formula for measure in plan.question.measures}}, grouped)


def _grouped(
    plan: Plan,
    window: Window,
    groups: Sequence[str],
    *,
    where: Sequence[Expression] = (),
    shift: Shift | None = None,
) -> Select:
    """Keys and parts of the rows in a window."""
    keys = {f"by_{name}": _key(plan, name, shift) for name in groups}
    parts = {f"part_{name}": plan.table.parts[name] for name in _parts(plan.question)}
    return Select(
        {**keys, **parts},
        Read(plan.table, plan.scope, tuple(name for name in groups if name in plan.table.unnested)),
        where=(*_within(plan, window), *_filtered(plan, groups), *where),
        group_by=tuple(keys),
    )


def _within(plan: Plan, window: Window) -> tuple[Expression, ...]:
    time = Column(plan.table.time)
    from_, to = (_time(plan, edge) for edge in window)
    return call("greaterOrEquals", time, from_), call("less", time, to)


def _time(plan: Plan, time: datetime) -> Bound:
    text = max(time, _FIRST).astimezone(UTC).replace(tzinfo=None)
    if plan.table.is_cube:
        return Bound(text.isoformat(" ", "seconds"), "DateTime('UTC')")
    return Bound(text.isoformat(" ", "microseconds"), "DateTime64(6, 'UTC')")


def _filtered(plan: Plan, groups: Sequence[str]) -> Iterator[Expression]:
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
    return predicate(condition, lambda name: _field(plan, name))


def _field(plan: Plan, name: str) -> Field:
    """A dimension of the table, as the scope may see it."""
    expression = plan.table.dimensions[name]
    if name == "mno":
        expression = mno_seen(plan.scope, expression)
    return Field(expression, "String", plan.question.dataset.dimension(name).nullable)


def _key(plan: Plan, name: str, shift: Shift | None = None) -> Expression:
    if name != TIME:
        return _field(plan, name).expression
    question = plan.question
    return bucket(Column(plan.table.time), question.granularity, question.zone.key, shift)


def _measured(question: Question, name: str) -> Field:
    """A measure, by its name where the answer has it."""
    measure = question.dataset.measure(name)
    expression = Name(name) if measure in question.measures else measure.formula
    return Field(expression, TYPES[measure.kind], measure.nullable)


def _after(plan: Plan, position: Sequence[str | None]) -> Expression:
    """Before grouping: a position that consists of keys leaves whole groups."""
    keys = [(_key_field(plan, sort.field), sort.descending) for sort in plan.question.order]
    return after(keys, position)


def _key_field(plan: Plan, name: str) -> Field:
    return Field(_key(plan, name), "Int64", nullable=False) if name == TIME else _field(plan, name)


def _after_outside(question: Question, position: Sequence[str | None]) -> Expression:
    """After grouping: of columns of the answer."""
    return after([(_column(question, sort.field), sort.descending) for sort in question.order], position)


def _column(question: Question, name: str) -> Field:
    if name == TIME:
        return Field(Name(name), "Int64", nullable=False)
    if name in question.groups:
        return Field(Name(name), "String", question.dataset.dimension(name).nullable)
    return _measured(question, name)


def _after_time(plan: Plan, position: Sequence[str | None]) -> tuple[Expression, ...]:
    """What follows from the position for the time of rows, said again for the table's key, which knows no buckets."""
    question, time = plan.question, Column(plan.table.time)
    if not question.order or question.order[0].field != TIME or position[0] is None:
        return ()
    start = datetime.fromtimestamp(int(position[0]), UTC)
    if question.order[0].descending:
        return (call("less", time, _time(plan, start + timedelta(seconds=LONGEST[question.granularity]))),)
    return (call("greaterOrEquals", time, _time(plan, start)),)


def _parts(question: Question) -> Sequence[str]:
    """The parts that the measures are made of, each once."""
    having: list[Measure] = [
        measure for measure in question.dataset.measures if measure.name in fields(question.having)
    ]
    found = [name for measure in (*question.measures, *having) for name in _names(measure.formula)]
    return tuple(dict.fromkeys(name.removeprefix("part_") for name in found))


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(name):
            yield name
        case Call():
            for argument in expression.arguments:
                yield from _names(argument)
