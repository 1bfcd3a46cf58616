"""SQL expressions as values, for the catalogue and the query compiler.

Only `graph/dsl/render.py` turns them into SQL text. A value that does not come from the catalogue has to be `Bound`:
it becomes a parameter, never text.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table that is read."""

    name: str


@dataclass(frozen=True, slots=True)
class Name:
    """Another expression of the same statement, or a parameter of a lambda, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of the catalogue, rendered as a literal."""

    value: str | int | float | None


@dataclass(frozen=True, slots=True)
class Sql:
    """An aggregate of `schema/cubes.py`, whose text becomes part of the statement. Never a text of a request."""

    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A value of a request or its caller, sent as a parameter of ClickHouse's `type`."""

    value: str | int | tuple[str | int | tuple[str, int], ...]
    type: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A function or operator. `parameters`: those of a parametric aggregate, such as quantiles(0.5)(x)."""

    function: str
    arguments: tuple["Expression", ...]
    parameters: tuple[Constant, ...] = ()


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function of one argument, for functions of arrays."""

    parameter: str
    body: "Expression"


Expression: TypeAlias = Column | Name | Constant | Sql | Bound | Call | Lambda

NULL: Final = Constant(None)
ZERO: Final = Constant(0)


def call(function: str, *arguments: Expression) -> Call:
    return Call(function, arguments)


def plus(left: Expression, right: Expression) -> Call:
    return call("plus", left, right)


def times(factor: int, expression: Expression) -> Call:
    return call("multiply", expression, Constant(factor))


def equal(left: Expression, right: Expression) -> Call:
    return call("equals", left, right)


def one_of(expression: Expression, values: tuple[str, ...]) -> Call:
    return call("in", expression, call("tuple", *map(Constant, values)))


def rounded_ratio(numerator: Expression, denominator: Expression, scale: int = 1) -> Call:
    """`scale` * numerator / denominator as an integer, rounded half up; null if the denominator is 0.

    Both are integers and not negative.
    """
    doubled = plus(times(2 * scale, numerator), denominator)
    return call("if", equal(denominator, ZERO), NULL, call("intDivOrZero", doubled, times(2, denominator)))
