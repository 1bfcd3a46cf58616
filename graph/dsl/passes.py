"""Simplifies conditions in named passes. Each pass returns a condition that is true for the same rows."""

from collections.abc import Callable
from typing import Final, TypeAlias, assert_never

from graph.dsl.ast import And, Comparison, Condition, Not, Or, Scalar

Pass: TypeAlias = Callable[[Condition], Condition]


def simplified(condition: Condition) -> Condition:
    """Applies all passes in order."""
    for each in PASSES:
        condition = rewritten(condition, each)
    return condition


def rewritten(condition: Condition, change: Pass) -> Condition:
    """Applies `change` to every node, innermost first."""
    match condition:
        case Comparison():
            return change(condition)
        case And(conditions):
            return change(And(tuple(rewritten(each, change) for each in conditions)))
        case Or(conditions):
            return change(Or(tuple(rewritten(each, change) for each in conditions)))
        case Not(inner):
            return change(Not(rewritten(inner, change)))
        case _:
            assert_never(condition)


def without_negative_operators(condition: Condition) -> Condition:
    """Replaces `ne`, `notIn` and `isNull` false by the negation of their opposites, which is true for null, too."""
    match condition:
        case Comparison(path, field, "ne", value):
            return Not(Comparison(path, field, "eq", value))
        case Comparison(path, field, "notIn", value):
            return Not(Comparison(path, field, "in", value))
        case Comparison(path, field, "isNull", False):
            return Not(Comparison(path, field, "isNull", True))
    return condition


def without_repeated_values(condition: Condition) -> Condition:
    """Removes repeated values of `in`; replaces a list of one value by `eq`."""
    match condition:
        case Comparison(path, field, "in", tuple(values)):
            distinct = tuple(dict.fromkeys(values))
            return Comparison(path, field, "in", distinct) if len(distinct) > 1 else _equals(path, field, distinct)
    return condition


def without_double_negation(condition: Condition) -> Condition:
    """Replaces `not not x` by `x`."""
    match condition:
        case Not(Not(inner)):
            return inner
    return condition


def flat(condition: Condition) -> Condition:
    """Merges `and` within `and` and `or` within `or`; replaces one with a single condition by that condition."""
    match condition:
        case And(conditions) | Or(conditions):
            kind = type(condition)
            inner = tuple(
                part for each in conditions for part in (each.conditions if isinstance(each, kind) else (each,))
            )
            return kind(inner) if len(inner) > 1 else inner[0]
    return condition


PASSES: Final[tuple[Pass, ...]] = (
    without_negative_operators,
    without_repeated_values,
    flat,
    without_double_negation,
    flat,  # removing a double negation may expose an `and` within an `and`
)


def conjuncts(condition: Condition | None) -> tuple[Condition, ...]:
    """The conditions that must all be true; empty for None."""
    match condition:
        case None:
            return ()
        case And(conditions):
            return conditions
        case _:
            return (condition,)


def fields(condition: Condition | None) -> frozenset[str]:
    """The names of all compared fields."""
    match condition:
        case None:
            return frozenset()
        case Comparison():
            return frozenset({condition.field})
        case And(conditions) | Or(conditions):
            return frozenset().union(*map(fields, conditions))
        case Not(inner):
            return fields(inner)
        case _:
            assert_never(condition)


def _equals(path: str, field: str, values: tuple[Scalar, ...]) -> Comparison:
    (value,) = values
    return Comparison(path, field, "eq", value)
