"""The types of the catalogue: datasets, measures, dimensions and tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from schema.expressions import Call, Column, Constant, Expression, Name
from schema.instants import DAY, HOUR

DatasetName = Literal["dlr", "cdr", "compliance"]
Kind = Literal["integer", "rate", "money"]
Operator = Literal["eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte", "prefix", "isNull"]
Granularity = Literal["minute", "hour", "day", "week", "month", "none"]

# Measures are computed exactly, in integers of 1/10**DECIMALS[kind].
DECIMALS: Final[Mapping[Kind, int]] = {"integer": 0, "rate": 4, "money": 6}

MEMBERSHIP: Final[tuple[Operator, ...]] = ("eq", "ne", "in", "notIn")
ORDER: Final[tuple[Operator, ...]] = ("gt", "gte", "lt", "lte")
TEXT: Final[tuple[Operator, ...]] = (*MEMBERSHIP, *ORDER, "prefix")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A text to group and filter by.

    `values`: all possible values; empty if they are unknown. `reveals_mno`: callers who see MNOs under pseudonyms may
    not read it.
    """

    name: str
    meaning: str
    values: tuple[str, ...] = ()
    nullable: bool = False
    reveals_mno: bool = False

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators of a filter. They compare texts byte by byte."""
        some: tuple[Operator, ...] = MEMBERSHIP if self.values else TEXT
        return (*some, "isNull") if self.nullable else some


@dataclass(frozen=True, slots=True)
class Measure:
    """A number per group of rows.

    `formula`: an expression over a table's parts; an integer of 1/10**DECIMALS[kind], or null. `approximate`: the
    method, if the number is not exact. `nothing`: the value for no events, where that is neither null nor the 0 of a
    measure that is never null.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    formula: Expression
    nullable: bool = True
    approximate: str | None = None
    nothing: Constant | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts that the formula needs."""
        return tuple(dict.fromkeys(name.removeprefix("part_") for name in _names(self.formula)))

    @property
    def operators(self) -> tuple[Operator, ...]:
        """The operators of a condition in `having`."""
        return (*MEMBERSHIP, *ORDER, "isNull") if self.nullable else (*MEMBERSHIP, *ORDER)


@dataclass(frozen=True, slots=True)
class Unnested:
    """A dimension of which a row may have several values: the array of them, and the name of one element."""

    array: Expression
    element: Name


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table that can answer queries.

    `time`: its time column. `cell`: microseconds that a row sums up, aligned in UTC; 1 for facts. `dimensions`: name ->
    expression. `parts`: name -> aggregate, the terms of measures' formulas; a cube may lack some. `unnested`: those of
    the dimensions that are elements of an array. `nothing`: the parts of no events that are not 0.
    """

    name: str
    time: str
    cell: int
    dimensions: Mapping[str, Expression]
    parts: Mapping[str, Expression]
    unnested: Mapping[str, Unnested] = field(default_factory=dict)
    nothing: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def is_cube(self) -> bool:
        return self.cell > 1

    def has(self, measure: Measure) -> bool:
        """Whether the table has all parts of the measure."""
        return self.parts.keys() >= set(measure.parts)


@dataclass(frozen=True, slots=True)
class Dataset:
    """What can be queried about one kind of event. `tables`: cheapest first; the last has all dimensions and parts."""

    name: DatasetName
    meaning: str
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    tables: tuple[CatalogTable, ...]

    def measure(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)

    def dimension(self, name: str) -> Dimension:
        return next(dimension for dimension in self.dimensions if dimension.name == name)


def aggregate(function: str, *arguments: Expression, parameters: tuple[float, ...] = ()) -> Call:
    return Call(function, arguments, tuple(map(Constant, parameters)))


def part(name: str) -> Name:
    """A reference to a table's part, for formulas."""
    return Name(f"part_{name}")


def columns(**names: str) -> Mapping[str, Expression]:
    """Dimensions that are plain columns."""
    return {dimension: Column(column) for dimension, column in names.items()}


def _names(expression: Expression) -> Iterator[str]:
    match expression:
        case Name(name):
            yield name
        case Call():
            for argument in expression.arguments:
                yield from _names(argument)


CELLS: Final[Mapping[int, str]] = {HOUR: "UTC hours", DAY: "UTC days"}
