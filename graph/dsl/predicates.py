"""Converts conditions to expressions that are true or false, never null."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeAlias, TypeGuard, assert_never

from graph.dsl.ast import And, Comparison, Condition, Not, Or, Value
from schema.expressions import ZERO, Bound, Constant, Expression, call

FUNCTIONS: Final = {
    "eq": "equals",
    "in": "in",
    "gt": "greater",
    "gte": "greaterOrEquals",
    "lt": "less",
    "lte": "lessOrEquals",
    "prefix": "startsWith",
}


class Field(NamedTuple):
    """The expression of a name in a statement, and the engine's type of its values."""

    expression: Expression
    type: str
    nullable: bool


Fields: TypeAlias = Callable[[str], Field]


def predicate(condition: Condition, fields: Fields) -> Expression:
    """Returns the predicate of a simplified condition."""
    match condition:
        case Comparison():
            return _comparison(condition, fields(condition.field))
        case And(conditions):
            return call("and", *(predicate(each, fields) for each in conditions))
        case Or(conditions):
            return call("or", *(predicate(each, fields) for each in conditions))
        case Not(inner):
            return call("not", predicate(inner, fields))
        case _:
            assert_never(condition)


def after(keys: Sequence[tuple[Field, bool]], position: Sequence[str | None]) -> Expression:
    """Returns the predicate of rows after a position in the order of `keys` (field, descending); null comes last."""
    if not keys:
        return Constant(0)  # the answer has one row, and no next page
    (key, descending), value = keys[0], position[0]
    beyond = _beyond(key, descending, value)
    if len(keys) == 1:
        return beyond
    return call("or", beyond, call("and", _same(key, value), after(keys[1:], position[1:])))


def _comparison(comparison: Comparison, field: Field) -> Expression:
    if comparison.operator == "isNull":
        return call("isNull", field.expression)
    value = comparison.value
    if not _is_checked(value):
        raise TypeError(f"{comparison} was not checked against the catalogue.")
    bound = Bound(value, f"Array({field.type})" if isinstance(value, tuple) else field.type)
    return _never_null(call(FUNCTIONS[comparison.operator], field.expression, bound), field)


def _is_checked(value: Value) -> TypeGuard[str | int | tuple[str | int, ...]]:
    """Whether a value can be bound, as all can that `comparisons.py` has checked."""
    return all(isinstance(each, str | int) for each in (value if isinstance(value, tuple) else (value,)))


def _beyond(key: Field, descending: bool, value: str | None) -> Expression:
    if value is None:
        return Constant(0)
    further = call("less" if descending else "greater", key.expression, Bound(value, key.type))
    return call("or", _never_null(further, key), call("isNull", key.expression)) if key.nullable else further


def _same(key: Field, value: str | None) -> Expression:
    if value is None:
        return call("isNull", key.expression)
    return _never_null(call("equals", key.expression, Bound(value, key.type)), key)


def _never_null(expression: Expression, field: Field) -> Expression:
    return call("ifNull", expression, ZERO) if field.nullable else expression
