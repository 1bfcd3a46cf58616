"""A query as it was written: the one shape behind REST and GraphQL. Fields are names yet."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from schema.catalog.terms import Granularity, Operator

Direction = Literal["asc", "desc"]
CompareTo = Literal["previousPeriod", "sameElapsed"]
# What a JSON value can be in a comparison; numbers with a fraction are decimals, exactly.
Scalar: TypeAlias = str | int | Decimal | bool | None
Value: TypeAlias = Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`path`: where it stands in the request, for what is wrong with it."""

    path: str
    field: str
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class And:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What the condition is not true of: a comparison with null is false, so its negation is true."""

    condition: "Condition"


Condition: TypeAlias = Comparison | And | Or | Not


@dataclass(frozen=True, slots=True)
class Order:
    field: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Time:
    """`from_ <= event time < to`; aware."""

    from_: datetime
    to: datetime
    granularity: Granularity
    timezone: str


@dataclass(frozen=True, slots=True)
class Query:
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
    at: datetime | None = None  # when the first page was asked: what a relative window was resolved against
