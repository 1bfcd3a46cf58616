"""What the structs of events declare about each field: its name, allowed values, meaning, unit and examples."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import msgspec
from msgspec import Struct, inspect


@dataclass(frozen=True)
class Field:
    """A field of a struct. `name` is its JSON name, `attribute` its name in Python.

    `allowed` completes the sentence "NAME must be ...". `pattern` is that of a text; msgspec does not check it.
    `choices` are the values of a closed list. `item` is the struct of a list's items, of which there are at most
    `longest`.
    """

    name: str
    attribute: str
    annotation: Any
    required: bool
    allowed: str
    pattern: str | None
    choices: Sequence[str]
    item: type[Struct] | None
    longest: int | None
    meaning: str
    unit: str | None
    examples: Sequence[Any]

    @cached_property
    def _decoder(self) -> "msgspec.json.Decoder[Any]":
        return msgspec.json.Decoder(self.annotation)

    @cached_property
    def _pattern(self) -> "re.Pattern[str] | None":
        return re.compile(self.pattern) if self.pattern is not None else None

    def read(self, raw: bytes | msgspec.Raw) -> Any:
        """The value of a JSON text. Raises ValueError if the field may not have it."""
        return self._matching(self._decoder.decode(raw))

    def convert(self, value: object) -> Any:
        """The value, if the field may have it. Raises ValueError otherwise."""
        return self._matching(msgspec.convert(value, self.annotation))

    def fits(self, value: object) -> bool:
        """Whether the field may have the value."""
        try:
            self.convert(value)
        except ValueError:
            return False
        return True

    def _matching(self, value: Any) -> Any:
        if isinstance(value, str) and self._pattern is not None and not self._pattern.fullmatch(value):
            raise ValueError(f"{self.name} must be {self.allowed}")
        return value


@cache
def fields_of(struct: type[Struct]) -> tuple[Field, ...]:
    """The fields of a struct, in the order of their declaration."""
    match inspect.type_info(struct):
        case inspect.StructType(fields=described):
            types = {each.name: each.type for each in msgspec.structs.fields(struct)}
            return tuple(_field(each, types[each.name]) for each in described)
        case other:
            raise TypeError(f"{struct.__name__} is not a struct but {other}")


def _field(described: inspect.Field, annotation: Any) -> Field:
    parts = tuple(_parts(described.type))
    declared: dict[str, Any] = {}
    for part in reversed(parts):  # the field's own declarations are those of its outermost part
        if isinstance(part, inspect.Metadata):
            declared |= part.extra_json_schema or {}
    item = next((part for part in parts if isinstance(part, inspect.VarTupleType)), None)
    return Field(
        name=described.encode_name,
        attribute=described.name,
        annotation=annotation,
        required=described.required,
        allowed=_allowed(described.type),
        pattern=next(filter(None, map(_pattern, parts)), None),
        choices=[str(value) for part in parts if isinstance(part, inspect.LiteralType) for value in part.values],
        item=item.item_type.cls if item and isinstance(item.item_type, inspect.StructType) else None,
        longest=item.max_length if item else None,
        meaning=declared.get("description", ""),
        unit=declared.get("x-unit"),
        examples=declared.get("examples", ()),
    )


def _parts(described: inspect.Type) -> Iterator[inspect.Type]:
    """A type and the types that it wraps, outermost first."""
    yield described
    match described:
        case inspect.Metadata(type=inner):
            yield from _parts(inner)
        case inspect.UnionType(types=types):
            for part in types:
                yield from _parts(part)


def _pattern(part: inspect.Type) -> str | None:
    return (part.extra or {}).get("pattern") if isinstance(part, inspect.Metadata) else None


def _allowed(described: inspect.Type) -> str:
    match described:
        case inspect.Metadata(type=inner, extra=extra):
            return str((extra or {}).get("allowed") or _allowed(inner))
        case inspect.LiteralType(values=values):
            return f"one of {', '.join(map(str, values))}" if len(values) > 1 else f'"{values[0]}"'
        case inspect.UnionType(types=types):
            return " or ".join(_allowed(part) for part in types if not isinstance(part, inspect.NoneType))
        case _:
            return f"a {type(described).__name__.removesuffix('Type').lower()}"


def by_name(struct: type[Struct]) -> Mapping[str, Field]:
    """The fields of a struct by JSON name."""
    return {each.name: each for each in fields_of(struct)}
