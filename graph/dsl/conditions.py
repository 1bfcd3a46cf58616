"""Reads `filter` and `having`: comparisons under `and`, `or` and `not`."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, get_args

from graph.dsl.ast import And, Comparison, Condition, Not, Or, Scalar, Value
from graph.dsl.problems import Problems
from graph.dsl.reading import ABSENT, Json, Member, Reader, Shape, choice, flag, read_object, sequence, text
from schema.catalog import DATASETS
from schema.catalog.terms import Operator

DEEPEST: Final = 8  # levels of and, or, not
MOST_CONDITIONS: Final = 100  # in one list
MOST_COMPARISONS: Final = 200  # in one tree
MOST_VALUES: Final = 1000


def read_condition(path: str, value: object, problems: Problems) -> Condition | None:
    """A tree of conditions, or None with what is wrong with it."""
    return _Reader(problems).condition(path, value, 0)


class _Reader:
    """Of one tree: counts its comparisons, as they have a limit together."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._comparisons = 0

    def condition(self, path: str, value: object, depth: int) -> Condition | None:
        given = {name for name, each in value.items() if each is not None} if isinstance(value, Mapping) else set()
        combining = [name for name in COMBINING if name in given]
        if not combining or not isinstance(value, Mapping):
            return self._comparison(path, value)
        if len(given) > 1:
            self._problems.add(path, f"`{combining[0]}` must be the only member of its object.")
            return None
        if depth == DEEPEST:
            self._problems.add(path, f"Must be nested to depth {DEEPEST} at most.")
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
            self._problems.add(path, f"Must have {MOST_COMPARISONS} comparisons at most.")
        if self._comparisons > MOST_COMPARISONS:
            return None
        given = read_object(path, value, self._problems, COMPARISON)
        if given.get("field") is None:
            return None
        if given.get("operator") is None:
            return _without_operator(path, given)
        return Comparison(path, given["field"], given["operator"], _value(path, given, self._problems))


def _without_operator(path: str, given: Mapping[str, Any]) -> Comparison:
    """With an operator that every field takes, so that what is wrong with field and value is told, too."""
    value: Value = None if given["value"] is ABSENT else given["value"]
    return Comparison(path, given["field"], "in" if isinstance(value, tuple) else "eq", value)


def _any(path: str, value: object, problems: Problems) -> Value:
    """A scalar or a list of scalars."""
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


def _value(path: str, given: Mapping[str, Any], problems: Problems) -> Value:
    """The value, a list exactly where the operator wants one; `isNull` alone means true."""
    operator, value = given["operator"], given["value"]
    if value is None:  # it could not be read
        return None
    if operator == "isNull":
        value = True if value is ABSENT else value
        yes: bool | None = flag(f"{path}.value", value, problems)
        return yes
    if value is ABSENT:
        problems.add(f"{path}.value", "Is required; `isNull` looks for null.")
        return None
    if isinstance(value, tuple) != (operator in ("in", "notIn")):
        wanted = "a single value" if isinstance(value, tuple) else "a list of values"
        problems.add(f"{path}.value", f"`{operator}` takes {wanted}.")
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
    "op": Member("operator", choice("an operator", get_args(Operator)), "How it is compared; `catalog` lists which."),
    "value": Member(
        "value",
        Reader(_any, {"anyOf": [_SCALAR, _VALUES]}),
        "What it is compared with: a list for `in` and `notIn`, true (the default) or false for `isNull`.",
        ABSENT,
    ),
}

CONDITION: Final = Reader(read_condition, {"$ref": "#/components/schemas/QueryCondition"})
_CONDITIONS: Final = sequence(CONDITION, 1, MOST_CONDITIONS)
# What combines conditions: the one member of its object, which _Reader reads.
COMBINING: Final = {
    "and": Member("conditions", _CONDITIONS, "All of these."),
    "or": Member("conditions", _CONDITIONS, "Any of these."),
    "not": Member("condition", CONDITION, "Not this."),
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
