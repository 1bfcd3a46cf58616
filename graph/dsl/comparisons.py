"""Checks comparisons against the catalogue and the scope, and converts their values for the engine."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, assert_never

from graph.dsl.ast import And, Comparison, Condition, Not, Or, Scalar, Value
from graph.dsl.problems import Problems
from graph.dsl.scope import PSEUDONYM, QueryScope, is_pseudonym, reads_names
from schema.catalog.terms import DECIMALS, MEMBERSHIP, Dataset, Dimension, Kind, Measure

# Digits before the decimal point. In the smallest units, the engine compares integers and rates in 64 bits, and money,
# whose sums are Decimal(38, 6), in 128 bits.
MOST_DIGITS: Final[dict[Kind, int]] = {"integer": 18, "rate": 14, "money": 32}

_MONEY: Final = re.compile(rf"-?[0-9]{{1,{MOST_DIGITS['money']}}}(\.[0-9]{{1,6}})?", re.ASCII)
_EXPECTED: Final[dict[Kind, str]] = {
    "integer": f"an integer of at most {MOST_DIGITS['integer']} digits",
    "rate": f"a number with at most 4 decimals, and {MOST_DIGITS['rate']} digits before them",
    "money": f'a decimal text with at most 6 decimals, and {MOST_DIGITS["money"]} digits before them, such as "12.50"',
}


@dataclass(frozen=True, slots=True)
class ComparisonChecker:
    """Checks the comparisons of one query, and adds what is wrong with them to `problems`."""

    dataset: Dataset
    scope: QueryScope
    problems: Problems

    def filter(self, condition: Condition) -> Condition:
        """Checks a filter, whose comparisons are of dimensions."""
        return _each(condition, self._filtered)

    def having(self, condition: Condition) -> Condition:
        """Checks a `having`, whose comparisons are of measures. Its values become integers of the smallest unit."""
        return _each(condition, self._measured)

    def check_readable(self, path: str, dimension: Dimension) -> None:
        """Adds a problem if the scope reads pseudonyms and the dimension would reveal the MNO."""
        if dimension.reveals_mno and not reads_names(self.scope):
            self.problems.add(path, f"{dimension.name} reveals the MNO: it needs a data-share addendum in force.")

    def _filtered(self, comparison: Comparison) -> Comparison:
        path, field = f"{comparison.path}.field", comparison.field
        names = {dimension.name: dimension for dimension in self.dataset.dimensions}
        if field in names:
            self.check_readable(path, names[field])
            self._check_operator(comparison, names[field])
            if comparison.operator != "isNull":
                self._check_texts(comparison, names[field])
        elif field == "time":
            self.problems.add(path, "Bound time with `time.from` and `time.to`.")
        elif any(measure.name == field for measure in self.dataset.measures):
            self.problems.add(path, f"{field} is a measure: compare it in `having`.")
        else:
            self.problems.unknown(path, f"a dimension of {self.dataset.name}", field, names)
        return comparison

    def _measured(self, comparison: Comparison) -> Comparison:
        path, field = f"{comparison.path}.field", comparison.field
        names = {measure.name: measure for measure in self.dataset.measures}
        if field in names:
            self._check_operator(comparison, names[field])
            return comparison if comparison.operator == "isNull" else self._in_units(comparison, names[field])
        if any(dimension.name == field for dimension in self.dataset.dimensions):
            self.problems.add(path, f"{field} is a dimension: compare it in `filter`.")
        else:
            self.problems.unknown(path, f"a measure of {self.dataset.name}", field, names)
        return comparison

    def _check_operator(self, comparison: Comparison, field: Dimension | Measure) -> None:
        if comparison.operator not in field.operators:
            what = f"an operator that {field.name} takes"
            self.problems.unknown(f"{comparison.path}.op", what, comparison.operator, field.operators)

    def _check_texts(self, comparison: Comparison, dimension: Dimension) -> None:
        pseudonyms = dimension.name == "mno" and not reads_names(self.scope) and comparison.operator in MEMBERSHIP
        for path, value in _values(comparison):
            if not isinstance(value, str):
                self.problems.wrong(path, f"{dimension.name} is a text; {{}} is not.", value)
            elif dimension.values and comparison.operator in MEMBERSHIP and value not in dimension.values:
                self.problems.unknown(path, f"a {dimension.name}", value, dimension.values)
            elif pseudonyms and not is_pseudonym(self.scope, value):
                self.problems.wrong(path, f"{{}} is not one of your pseudonyms, such as {PSEUDONYM}A.", value)

    def _in_units(self, comparison: Comparison, measure: Measure) -> Comparison:
        units = []
        for path, written in _values(comparison):
            number = _number(written, measure.kind)
            if number is None:
                self.problems.wrong(path, f"{measure.name} is {_EXPECTED[measure.kind]}; {{}} is not.", written)
            units.append(number or 0)
        value: Value = tuple(units) if isinstance(comparison.value, tuple) else next(iter(units), None)
        return Comparison(comparison.path, comparison.field, comparison.operator, value)


def _each(condition: Condition, change: Callable[[Comparison], Comparison]) -> Condition:
    """Applies `change` to each comparison, in the order of the request."""
    match condition:
        case Comparison():
            return change(condition)
        case And(conditions):
            return And(tuple(_each(each, change) for each in conditions))
        case Or(conditions):
            return Or(tuple(_each(each, change) for each in conditions))
        case Not(inner):
            return Not(_each(inner, change))
        case _:
            assert_never(condition)


def _values(comparison: Comparison) -> Iterable[tuple[str, Scalar]]:
    """The readable values of a comparison, each with its JSON path."""
    path = f"{comparison.path}.value"
    if isinstance(comparison.value, tuple):
        return [(f"{path}[{index}]", value) for index, value in enumerate(comparison.value) if value is not None]
    return [] if comparison.value is None else [(path, comparison.value)]


def _number(value: Scalar, kind: Kind) -> int | None:
    """Converts a value exactly to the smallest unit of its kind; None if it is not of that kind."""
    match value:
        case bool() | None:
            return None
        case str():
            number = Decimal(value) if kind == "money" and _MONEY.fullmatch(value) else None
        case int() | Decimal():
            number = Decimal(value) if kind != "money" else None
        case _:
            assert_never(value)
    return None if number is None else _scaled(number, MOST_DIGITS[kind], DECIMALS[kind])


def _scaled(number: Decimal, most_digits: int, decimals: int) -> int | None:
    """Scales a number to an integer, or returns None if that is inexact or has too many digits.

    It counts digits before it computes, so that huge exponents cost nothing. It uses integers: Decimal would round.
    """
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > most_digits + decimals or abs(exponent) > most_digits:
        return None
    shifted = int("".join(map(str, digits)) + "0" * (most_digits + decimals + exponent))
    units, rest = divmod(shifted, int("1" + "0" * most_digits))
    if rest or len(str(units)) > most_digits + decimals:
        return None
    return -units if sign else units
