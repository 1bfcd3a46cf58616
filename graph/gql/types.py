"""Scalars, enums, and object types made from the answers of reports: same fields, names and descriptions."""

from enum import Enum
from functools import cache
from typing import Any, Final, NewType

import msgspec.inspect as mi
import strawberry
from graphql import GraphQLError, Undefined
from msgspec import Struct
from strawberry.schema_directive import Location
from strawberry.types.scalar import ScalarDefinition

from graph.access.disclosure import disclosed_by_field, rule_in_words
from graph.gql.directives import FREE
from graph.reports.fields import QUALITIES
from graph.reports.windows import PERIODS
from schema.money import MONEY_PATTERN

# The values of scalars are ready for JSON (the encoder writes times), so scalars have no serializers.
Long = NewType("Long", int)
Decimal = NewType("Decimal", str)
DateTime = NewType("DateTime", str)
Date = NewType("Date", str)
Interval = NewType("Interval", str)
CostsByCurrency = NewType("CostsByCurrency", dict[str, str])
Json = NewType("Json", object)


@strawberry.enum(description="How reliable a point of a series is.")
class Quality(Enum):
    """The members of answers.Quality."""

    ACTUAL = strawberry.enum_value("ACTUAL", description=QUALITIES["ACTUAL"])
    PARTIAL = strawberry.enum_value("PARTIAL", description=QUALITIES["PARTIAL"])
    INTERPOLATED = strawberry.enum_value("INTERPOLATED", description=QUALITIES["INTERPOLATED"])
    ESTIMATED = strawberry.enum_value("ESTIMATED", description=QUALITIES["ESTIMATED"])


@strawberry.enum(description="The restricted data, and how much of it each role may read.")
class Disclosure(Enum):
    """The members of disclosure.Secret."""

    COST = strawberry.enum_value("COST", description=rule_in_words("COST"))
    MNO = strawberry.enum_value("MNO", description=rule_in_words("MNO"))


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="Not every caller may read this for all tenants."
)
class Discloses:
    """Marks a field of an answer as restricted."""

    what: Disclosure = strawberry.directive_field(name="what")


def _text(value: object) -> str:
    """The text of one or two times, which the report checks. Raises GraphQLError for other types."""
    if not isinstance(value, str):
        raise GraphQLError("A DateTime is a string; an Interval is one, too, or an object of `from` and `to`.")
    return value


def _span(value: object) -> str:
    """The text of an interval, which may be an object of two times, such as the `window` of an answer."""
    if isinstance(value, dict) and value.keys() == {"from", "to"}:
        times = (value["from"], value["to"])
        # During validation, a variable has no value yet.
        return "/".join("" if time is Undefined else _text(time) for time in times)
    return _text(value)


SCALARS: Final[dict[object, ScalarDefinition]] = {
    Long: strawberry.scalar(name="Long", description="A whole number that may exceed 32 bits."),
    Decimal: strawberry.scalar(name="Decimal", description='Exact money as a string with 6 decimals: "0.012500".'),
    DateTime: strawberry.scalar(
        name="DateTime",
        parse_value=_text,
        description="An RFC 3339 time. Arguments need an offset; answers are in UTC.",
    ),
    Json: strawberry.scalar(name="JSON", description="Any JSON value; objects have REST's names."),
    Interval: strawberry.scalar(
        name="Interval",
        parse_value=_span,
        description="A half-open interval (ISO 8601): two DateTimes with a slash between, the second excluded: "
        "2026-10-01T00:00:00Z/2026-10-08T00:00:00Z. Or an object of both, as in answers: {from: ..., to: ...}. Or the "
        f"name of a period: {', '.join(PERIODS)}.",
    ),
    Date: strawberry.scalar(name="Date", description="A UTC day: 2026-10-01."),
    CostsByCurrency: strawberry.scalar(
        name="CostsByCurrency",
        description='An object of money by currency, as in REST: {"USD": "12.500000", "AFN": "830.000000"}.',
    ),
}


def described_fields(struct: type[Struct]) -> tuple[mi.Field, ...]:
    """The fields of a struct, with the descriptions of their types."""
    match mi.type_info(struct):
        case mi.StructType(fields=fields):
            return fields
        case other:
            raise TypeError(f"{struct.__name__} is not a struct but {other}.")


@cache
def object_type(struct: type[Struct]) -> type:
    """The GraphQL object type of an answer. Its values are the answers themselves."""
    described = described_fields(struct)
    fields = {
        field.name: strawberry.field(
            name=field.encode_name, description=description_of(field.type), directives=_directives(field)
        )
        for field in described
    }
    annotations = {field.name: _annotation(field.type) for field in described}
    class_ = type(struct.__name__, (), {**fields, "__annotations__": annotations})
    return strawberry.type(class_, name=struct.__name__, description=struct.__doc__, directives=[FREE])


def _directives(field: mi.Field) -> list[Discloses]:
    secret = disclosed_by_field(field)
    return [] if secret is None else [Discloses(what=Disclosure[secret])]


def _annotation(type_: mi.Type) -> Any:
    """The annotation from which Strawberry makes the type of a field."""
    match type_:
        case mi.Metadata():
            return _annotation(type_.type)
        case mi.UnionType():
            (inner,) = (member for member in type_.types if not isinstance(member, mi.NoneType))
            return _annotation(inner) | None
        case mi.ListType():
            return list[_annotation(type_.item_type)]  # type: ignore[misc]  # a type at run time
        case mi.StructType():
            return object_type(type_.cls)
        case mi.StrType():
            return Decimal if type_.pattern == MONEY_PATTERN else str
        case mi.LiteralType():
            return Quality if set(type_.values) == set(QUALITIES) else str
        case mi.DictType() if type_.value_type in _FREE:
            return Json
        case _:
            return _LEAVES[type(type_)]


def description_of(type_: mi.Type) -> str | None:
    """The description that a field's type carries; None without one."""
    if isinstance(type_, mi.Metadata):
        described: str | None = (type_.extra_json_schema or {}).get("description")
        return described or description_of(type_.type)
    return None


_FREE: Final = (mi.AnyType(), mi.StrType())  # the values of objects whose names depend on a query

_LEAVES: Final[dict[type[mi.Type], Any]] = {
    mi.IntType: Long,
    mi.FloatType: float,
    mi.BoolType: bool,
    mi.DateTimeType: DateTime,
    mi.DateType: Date,
    mi.DictType: CostsByCurrency,
}
