"""A query as the request states it, from REST or GraphQL. Its fields are names, not yet looked up."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from schema.catalog.terms import Granularity, Operator

Direction = Literal["asc", "desc"]
CompareTo = Literal["previousPeriod", "sameElapsed"]
# JSON values of a comparison. A number with a fraction is a Decimal, so that it stays exact.
Scalar: TypeAlias = str | int | Decimal | bool | None
Value: TypeAlias = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field compared with a value. `path` is its JSON path in the request, for problems."""

    path: str
    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class And:
    """True if all conditions are true."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """True if any condition is true."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if the condition is false. A comparison with null is false, so its negation is true."""

    condition: "Condition"


Condition: TypeAlias = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by."""

    field: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Time:
    """The window `from_ <= event time < to` (aware times) and its buckets."""

    from_: datetime
    to: datetime
    granularity: Granularity
    timezone: str


@dataclass(frozen=True, slots=True)
class Query:
    """One query. `after` is the cursor of the page before."""

    dataset: str
    measures: tuple[str, ...]
    dimensions: tuple[str, ...]
    time: Time
    filter: Condition | None
    having: Condition | None
    order_by: tuple[Order, ...]
    limit: int
    after: str | None
    compare_to: CompareTo | None
    totals: bool
    explain: bool
    fill: bool = False  # whether each bucket of the window has a row
    at: datetime | None = None  # the time of the first page's request, against which a relative window was resolved
