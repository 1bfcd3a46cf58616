"""Input types, made from the shapes of REST's bodies: same members, same descriptions."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from keyword import iskeyword
from math import isfinite
from typing import Annotated, Any, Final, ForwardRef, Optional, TypeAlias

import strawberry
from strawberry import UNSET

from graph.dsl import conditions, parse
from graph.dsl.readers import ABSENT, REQUIRED, Member, Shape, ValueReader, description_of
from graph.gql.directives import FREE
from graph.gql.types import DateTime, Json

_CONDITION: Final = "QueryCondition"
_LEAVES: Final[dict[str, Any]] = {"string": str, "integer": int, "boolean": bool}


@cache
def input_type(shape: Shape) -> Any:
    """The GraphQL input type of a shape. The parser reports members that do not go together."""
    members = {_attribute(name): (name, member) for name, member in shape.members.items()}
    annotations = {attribute: _optional(member) for attribute, (_, member) in members.items()}
    values = {attribute: _field(name, member) for attribute, (name, member) in members.items()}
    input_class = type(shape.name, (), {**values, "__annotations__": annotations, "__module__": __name__})
    return strawberry.input(input_class, name=shape.name, description=shape.meaning)


def _attribute(name: str) -> str:
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return f"{snake}_" if iskeyword(snake) else snake


def _optional(member: Member) -> Any:
    annotation = _annotation(member.read)
    return annotation if member.default is REQUIRED else Optional[annotation]  # noqa: UP045  # of a forward reference


def _annotation(reader: ValueReader) -> Any:
    if reader.item is not None:
        return list[_annotation(reader.item)]  # type: ignore[misc]  # a type at run time
    if reader.shape is not None:
        return input_type(reader.shape)
    match reader.schema:
        case {"$ref": _}:
            return ForwardRef(_CONDITION)
        case {"enum": _}:
            return str
        case {"format": "date-time"}:
            return DateTime
        case {"type": str(type_)}:
            return _LEAVES[type_]
        case _:
            return Json


def _field(name: str, member: Member) -> Any:
    has_default = member.default not in (REQUIRED, ABSENT, None, False, ())
    description = f"{description_of(member)} Default: {member.default}." if has_default else description_of(member)
    directives = [FREE] if _is_object(member.read) else []
    if member.default is REQUIRED:
        return strawberry.field(name=name, description=description, directives=directives)
    return strawberry.field(name=name, default=UNSET, description=description, directives=directives)


def _is_object(reader: ValueReader) -> bool:
    item = reader.item or reader
    return item.shape is not None or "$ref" in item.schema


# Each member may be absent; the parser checks which go together.
QueryCondition: Any = input_type(
    Shape(
        _CONDITION,
        conditions.MEANING,
        {
            name: member._replace(default=ABSENT)
            for name, member in {**conditions.COMBINING, **conditions.COMPARISON}.items()
        },
    )
)
QueryInput: Any = input_type(parse.SHAPE)

QueryArgument: TypeAlias = Annotated[
    Any, strawberry.argument(name="input", description="The query.", graphql_type=QueryInput, directives=[FREE])
]


def as_json(value: Any) -> Any:
    """An input object as REST's JSON, without absent members."""
    if is_dataclass(value):
        declared: Sequence[Any] = fields(value)
        values = {each.graphql_name: getattr(value, each.name) for each in declared}
        return {name: as_json(part) for name, part in values.items() if part is not UNSET}
    if isinstance(value, list):
        # The values of a comparison are at most one list deep; the parser reports deeper ones.
        return [as_json(part) if is_dataclass(part) else _exact(part) for part in value]
    return _exact(value)


def _exact(value: Any) -> Any:
    """A number with a fraction as the exact decimal that was written."""
    return Decimal(repr(value)) if isinstance(value, float) and isfinite(value) else value
