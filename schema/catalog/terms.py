"""What the catalogue is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from schema.expressions import Call, Column, Constant, Expression, Name
from schema.instants import DAY, HOUR

DatasetName = Literal["dlr", "cdr", "compliance"]
Kind = Literal["integer", "rate", "money"]
Operator = Literal["eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte", "prefix", "isNull"]
Granularity = Literal["minute", "hour", "day", "week", "month", "none"]

# Everything is computed in integers, exactly: how many decimals of a number they hold.
DECIMALS: Final[Mapping[Kind, int]] = {"integer": 0, "rate": 4, "money": 6}

MEMBERSHIP: Final[tuple[Operator, ...]] = ("eq", "ne", "in", "notIn")
ORDER: Final[tuple[Operator, ...]] = ("gt", "gte", "lt", "lte")
TEXT: Final[tuple[Operator, ...]] = (*MEMBERSHIP, *ORDER, "prefix")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A text to group and to filter by. `values`: all there are, if that is known."""

    name: str
    meaning: str
    values: tuple[str, ...] = ()
    nullable: bool = False
    tells_operator: bool = False  # who sees MNOs under pseudonyms may not have it

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What a filter may do with it. Texts are compared byte by byte."""
        some: tuple[Operator, ...] = MEMBERSHIP if self.values else TEXT
        return (*some, "isNull") if self.nullable else some


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a group of rows. `formula` is over the parts of a table, by their names.

    It gives an integer of 1/10**DECIMALS[kind], or null; `approximate` names the method where it is not exact.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    formula: Expression
    nullable: bool = True
    approximate: str | None = None

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What a condition of `having` may do with it."""
        return (*MEMBERSHIP, *ORDER, "isNull") if self.nullable else (*MEMBERSHIP, *ORDER)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that can answer.

    `cell`: microseconds that a row sums up, counted in UTC; 1 for facts. `parts`: aggregates that measures are made of.
    `unnested`: dimensions that a row has several of: an array's expression, of which `Name(name)` is one element.
    """

    name: str
    time: str
    cell: int
    dimensions: Mapping[str, Expression]
    parts: Mapping[str, Expression]
    unnested: Mapping[str, Expression] = field(default_factory=dict)

    @property
    def is_cube(self) -> bool:
        return self.cell > 1


Tables: TypeAlias = tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One kind of events. `tables`: the cheapest first; the last one has every dimension."""

    name: DatasetName
    meaning: str
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    tables: Tables

    def measure(self, name: str) -> Measure:
        return next(measure for measure in self.measures if measure.name == name)

    def dimension(self, name: str) -> Dimension:
        return next(dimension for dimension in self.dimensions if dimension.name == name)


def aggregate(function: str, *arguments: Expression, parameters: tuple[float, ...] = ()) -> Call:
    return Call(function, arguments, tuple(map(Constant, parameters)))


def part(name: str) -> Name:
    """A part of the table, within a formula."""
    return Name(f"part_{name}")


def columns(**names: str) -> Mapping[str, Expression]:
    """Dimensions that are columns as they are."""
    return {dimension: Column(column) for dimension, column in names.items()}


CELLS: Final[Mapping[int, str]] = {HOUR: "UTC hours", DAY: "UTC days"}
