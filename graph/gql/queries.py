"""The argument of the field `query`: the JSON of REST, typed."""

from dataclasses import fields, is_dataclass
from decimal import Decimal
from math import isfinite
from typing import Annotated, Any, Optional, TypeAlias

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from graph.gql.types import DateTime, Json
from graph.reports.relative import PERIODS


@strawberry.input(
    description="One condition: a comparison (`field`, `op`, `value`), or exactly one of `and`, `or` and `not`."
)
class QueryCondition:
    """As REST has it; what does not belong together, the query's problems tell."""

    and_: list["QueryCondition"] | None = strawberry.field(name="and", default=UNSET, description="All of these.")
    or_: list["QueryCondition"] | None = strawberry.field(name="or", default=UNSET, description="Any of these.")
    not_: Optional["QueryCondition"] = strawberry.field(name="not", default=UNSET, description="Not this.")
    field: str | None = strawberry.field(default=UNSET, description="A dimension; in `having`, a measure asked for.")
    op: str | None = strawberry.field(
        default=UNSET,
        description="eq, ne, in, notIn, gt, gte, lt, lte, prefix or isNull, as `catalog` lists them.",
    )
    value: Json | None = strawberry.field(default=UNSET, description="What it is compared with: a value, or a list.")


@strawberry.input(description="The window, half-open and exact, and the buckets it is cut into.")
class QueryTime:
    """As REST has it."""

    from_: DateTime | None = strawberry.field(name="from", default=UNSET, description="Start.")
    to: DateTime | None = strawberry.field(default=UNSET, description="End, excluded.")
    window: str | None = strawberry.field(
        default=UNSET,
        description=f"In place of `from` and `to`: {', '.join(PERIODS)}, of `timezone`; today and thisMonth last until "
        "now.",
    )
    last: str | None = strawberry.field(
        default=UNSET, description="In place of `from` and `to`: so many hours or days until now, as in 24h or 7d."
    )
    granularity: str | None = strawberry.field(
        default=UNSET, description="minute, hour, day, week, month or none, which is the default."
    )
    timezone: str | None = strawberry.field(
        default=UNSET, description="IANA zone of `window` and of buckets, such as Asia/Kabul. Default: UTC."
    )


@strawberry.input(description="What rows are ordered by.")
class QueryOrder:
    """As REST has it."""

    field: str = strawberry.field(description="`time`, or a dimension or measure asked for.")
    direction: str | None = strawberry.field(default=UNSET, description="asc, the default, or desc.")


@strawberry.input(description="A query; the same shape as the body of POST /v1/anlyt/query.")
class QueryInput:
    """As REST has it."""

    dataset: str = strawberry.field(description="dlr, cdr or compliance.")
    measures: list[str] = strawberry.field(description="Numbers of each row, as `catalog` names them.")
    dimensions: list[str] | None = strawberry.field(default=UNSET, description="Texts that rows are grouped by.")
    time: QueryTime = strawberry.field(description="When.")
    filter: QueryCondition | None = strawberry.field(default=UNSET, description="Which events count.")
    having: QueryCondition | None = strawberry.field(default=UNSET, description="Which rows are answered.")
    order_by: list[QueryOrder] | None = strawberry.field(default=UNSET, description="Ties are broken by dimensions.")
    limit: int | None = strawberry.field(default=UNSET, description="Rows of a page.")
    after: str | None = strawberry.field(default=UNSET, description="The `endCursor` of the page before.")
    compare_to: str | None = strawberry.field(default=UNSET, description="previousPeriod or sameElapsed.")
    totals: bool | None = strawberry.field(default=UNSET, description="Also the measures over all rows.")
    explain: bool | None = strawberry.field(default=UNSET, description="Only tell what the query would do.")


QueryArgument: TypeAlias = Annotated[QueryInput, strawberry.argument(name="input", description="What is asked.")]


def as_json(value: Any) -> Any:
    """An input object as the JSON that REST would have got, without what was not given."""
    if is_dataclass(value):
        given = {each: getattr(value, each.name) for each in fields(value)}
        return {_name(each): as_json(part) for each, part in given.items() if part is not UNSET}
    if isinstance(value, list):
        # What is compared with is a list at most: deeper ones are wrong, however deep, and told as such.
        return [as_json(part) if is_dataclass(part) else _exact(part) for part in value]
    return _exact(value)


def _exact(value: Any) -> Any:
    """Numbers with a fraction as they were written."""
    return Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else value


def _name(field: Any) -> str:
    return field.graphql_name or to_camel_case(field.python_name)
