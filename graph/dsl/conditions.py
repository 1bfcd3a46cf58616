"""Reads the conditions of `filter` and `having`: comparisons combined by `and`, `or` and `not`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, get_args

from graph.dsl.ast import And, Comparison, Condition, Not, Or, Scalar, Value
from graph.dsl.problems import Problems
from graph.dsl.readers import ABSENT, Json, Member, Shape, ValueReader, choice, flag, read_object, sequence, text
from schema.catalog import DATASETS
from schema.catalog.terms import Operator

DEEPEST: Final = 8  # levels of and, or, not
MOST_CONDITIONS: Final = 100  # of one list
MOST_COMPARISONS: Final = 200  # of one filter or having
MOST_VALUES: Final = 1000


def read_condition(path: str, value: object, problems: Problems) -> Condition | None:
    """Reads a tree of conditions. Returns None, and adds problems, when it is malformed."""
    return _ConditionReader(problems).condition(path, value, 0)


class _ConditionReader:
    """Reads one tree, and counts its comparisons, because the tree has one limit for them."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._comparisons = 0

    def condition(self, path: str, value: object, depth: int) -> Condition | None:
        present = {name for name, each in value.items() if each is not None} if isinstance(value, Mapping) else set()
        combining = [name for name in COMBINING if name in present]
        if not combining or not isinstance(value, Mapping):
            return self._comparison(path, value)
        if len(present) > 1:
            self._problems.add(path, f"`{combining[0]}` must be the only member of its object.")
            return None
        if depth == DEEPEST:
            self._problems.add(path, f"Must have at most {DEEPEST} levels of nesting.")
            return None
        return self._combined(f"{path}.{combining[0]}", combining[0], value[combining[0]], depth + 1)

    def _combined(self, path: str, how: str, value: object, depth: int) -> Condition | None:
        if how == "not":
            inner = self.condition(path, value, depth)
            return None if inner is None else Not(inner)
        if not isinstance(value, list | tuple) or not 1 <= len(value) <= MOST_CONDITIONS:
            self._problems.add(path, f"Must be a list of 1 to {MOST_CONDITIONS} conditions.")
            return None
        read = [self.condition(f"{path}[{index}]", each, depth) for index, each in enumerate(value)]
        whole = tuple(condition for condition in read if condition is not None)
        return And(whole) if how == "and" else Or(whole)

    def _comparison(self, path: str, value: object) -> Condition | None:
        self._comparisons += 1
        if self._comparisons == MOST_COMPARISONS + 1:
            self._problems.add(path, f"Must have at most {MOST_COMPARISONS} comparisons.")
        if self._comparisons > MOST_COMPARISONS:
            return None
        attributes = read_object(path, value, self._problems, COMPARISON)
        if attributes.get("field") is None:
            return None
        if attributes.get("operator") is None:
            return _without_operator(path, attributes)
        return Comparison(path, attributes["field"], attributes["operator"], _value(path, attributes, self._problems))


def _without_operator(path: str, attributes: Mapping[str, Any]) -> Comparison:
    """A comparison with a substitute operator that every field allows, so that its field and value are checked, too."""
    value: Value = None if attributes["value"] is ABSENT else attributes["value"]
    return Comparison(path, attributes["field"], "in" if isinstance(value, tuple) else "eq", value)


def _any(path: str, value: object, problems: Problems) -> Value:
    """Reads a scalar or a list of scalars."""
    if isinstance(value, list | tuple):
        if not 1 <= len(value) <= MOST_VALUES:
            problems.add(path, f"Must have 1 to {MOST_VALUES} items, not {len(value)}.")
            return None
        return tuple(_scalar(f"{path}[{index}]", each, problems) for index, each in enumerate(value))
    return _scalar(path, value, problems)


def _scalar(path: str, value: object, problems: Problems) -> Scalar:
    match value:
        case str():
            read: str | None = text()(path, value, problems)
            return read
        case bool() | int() | Decimal():
            return value
        case float():  # from GraphQL, whose numbers are floats
            return Decimal(repr(value))
        case _:
            problems.wrong(path, "Must be a text or a number, not {}.", value)
            return None


def _value(path: str, attributes: Mapping[str, Any], problems: Problems) -> Value:
    """Checks that the operator and the value fit: a list for `in` and `notIn`. `isNull` without value means true."""
    operator, value = attributes["operator"], attributes["value"]
    if value is None:  # its problem is already reported
        return None
    if operator == "isNull":
        value = True if value is ABSENT else value
        is_null: bool | None = flag(f"{path}.value", value, problems)
        return is_null
    if value is ABSENT:
        problems.add(f"{path}.value", "Is required; use `isNull` to compare with null.")
        return None
    if isinstance(value, tuple) != (operator in ("in", "notIn")):
        expected = "a single value" if isinstance(value, tuple) else "a list of values"
        problems.add(f"{path}.value", f"`{operator}` takes {expected}.")
        return None
    checked: Value = value
    return checked


_SCALAR: Final[Json] = {"type": ["string", "number", "boolean", "null"]}
_VALUES: Final[Json] = {"type": "array", "items": _SCALAR, "minItems": 1, "maxItems": MOST_VALUES}
_NAMES: Final = (
    *(dimension.name for dataset in DATASETS.values() for dimension in dataset.dimensions),
    *(measure.name for dataset in DATASETS.values() for measure in dataset.measures),
)
COMPARISON: Final = {
    "field": Member("field", text(names=_NAMES), "A dimension; in `having`, a measure."),
    "op": Member("operator", choice("an operator", get_args(Operator)), "An operator that `catalog` lists for it."),
    "value": Member(
        "value",
        ValueReader(_any, {"anyOf": [_SCALAR, _VALUES]}),
        "The value to compare with: a list for `in` and `notIn`, true (the default) or false for `isNull`.",
        ABSENT,
    ),
}

CONDITION: Final = ValueReader(read_condition, {"$ref": "#/components/schemas/QueryCondition"})
_CONDITIONS: Final = sequence(CONDITION, 1, MOST_CONDITIONS)
# The combining members, each the only one of its object. _ConditionReader reads them.
COMBINING: Final = {
    "and": Member("conditions", _CONDITIONS, "All of these conditions."),
    "or": Member("conditions", _CONDITIONS, "Any of these conditions."),
    "not": Member("condition", CONDITION, "The opposite of this condition."),
}
MEANING: Final = "One condition: a comparison (`field`, `op`, `value`), or exactly one of `and`, `or` and `not`."
SCHEMA: Final[Json] = {
    "description": MEANING,
    "anyOf": [
        Shape(
            "", "A dimension compared with a value; in `having`, a measure.", COMPARISON, {"required": [*COMPARISON]}
        ).schema,
        *(Shape("", member.meaning, {name: member}).schema for name, member in COMBINING.items()),
    ],
}
