"""Readers of JSON values: each gives what it read, or tells what is wrong and gives None.

What a value may be is declared here once: REST's schema, GraphQL's inputs and the reference page are made from readers.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from graph.dsl.problems import Problems
from graph.errors import shown

LONGEST_TEXT: Final = 128
FEW_VALUES: Final = 12  # that a sentence can list
REQUIRED: Final = object()
ABSENT: Final = object()  # the default of a member that has none, and need not be there

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a value that stands at a path; `schema` is its JSON Schema, of which GraphQL's types are made, too.

    `item` reads the items of a list, `shape` has the members of an object.
    """

    read: Callable[[str, object, Problems], Any]
    schema: Json
    item: "Reader | None" = None
    shape: "Shape | None" = None

    def __call__(self, path: str, value: object, problems: Problems) -> Any:
        return self.read(path, value, problems)

    @property
    def held(self) -> "Shape | None":
        """Of the object that it reads, or of the objects in its list."""
        return self.shape if self.item is None else self.item.shape


class Member(NamedTuple):
    """A member of an object: which attribute it becomes, how it is read, what it means, what it is if absent or null.

    `nullable`: whether null has a meaning that callers are told of.
    """

    attribute: str
    read: Reader
    meaning: str
    default: Any = REQUIRED
    nullable: bool = False

    @property
    def schema(self) -> Json:
        """JSON Schema of the member."""
        schema = _or_null(self.read.schema) if self.nullable else self.read.schema
        default = {} if self.default in (REQUIRED, ABSENT, None) else {"default": self.default}
        return {**schema, **default, "description": self.meaning}


@dataclass(frozen=True, slots=True, eq=False)  # one of a name: it is its own key
class Shape:
    """An object: its name in GraphQL, what it is, its members, and what else JSON Schema says of them together."""

    name: str
    meaning: str
    members: Mapping[str, Member]
    together: Json = field(default_factory=dict)

    @property
    def schema(self) -> Json:
        """JSON Schema of the object."""
        return {
            "type": "object",
            "description": self.meaning,
            "properties": {name: member.schema for name, member in self.members.items()},
            "required": [name for name, member in self.members.items() if member.default is REQUIRED],
            "additionalProperties": False,
            **self.together,
        }


def _or_null(schema: Json) -> Json:
    match schema:
        case {"enum": values}:
            return {**schema, "enum": [*values, None]}
        case {"type": str(type_)}:
            return {**schema, "type": [type_, "null"]}
        case _:
            return {"anyOf": [schema, {"type": "null"}]}


def read_object(path: str, value: object, problems: Problems, members: Mapping[str, Member]) -> dict[str, Any]:
    """Attributes of an object, as far as they could be read."""
    if not isinstance(value, Mapping):
        problems.wrong(path, "Must be an object, not {}.", value)
        return {}
    for name in value:
        if name not in members:
            problems.unknown(f"{path}.{_printable(name)}", "a member of this object", name, members)
    given = {name: each for name, each in value.items() if each is not None}
    attributes = {}
    for name, member in members.items():
        if name in given:
            attributes[member.attribute] = member.read(f"{path}.{name}", given[name], problems)
        elif member.default is REQUIRED:
            problems.add(f"{path}.{name}", "Is required.")
        else:
            attributes[member.attribute] = member.default
    return attributes


def text(longest: int = LONGEST_TEXT, names: Iterable[str] = (), **more: Any) -> Reader:
    """A text that UTF-8 can hold. Its schema lists the `names` that have a meaning, or says `more` of it."""

    def read(path: str, value: object, problems: Problems) -> str | None:
        if not isinstance(value, str):
            problems.wrong(path, "Must be a text, not {}.", value)
            return None
        if len(value) > longest:
            problems.add(path, f"Must have at most {longest} characters, not {len(value)}.")
            return None
        if any("\ud800" <= character <= "\udfff" for character in value):
            problems.add(path, "Has half of a surrogate pair, which is no character.")
            return None
        return value

    known = list(dict.fromkeys(names))
    return Reader(read, {"enum": known} if known else {"type": "string", "maxLength": longest, **more})


def choice(what: str, allowed: Sequence[str]) -> Reader:
    """One of a closed list; `what` as in "is not a granularity"."""

    def read(path: str, value: object, problems: Problems) -> str | None:
        if isinstance(value, str) and value in allowed:
            return value
        problems.unknown(path, what, value, allowed)
        return None

    return Reader(read, {"enum": list(allowed)})


def integer(least: int, most: int) -> Reader:
    def read(path: str, value: object, problems: Problems) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        problems.wrong(path, f"Must be an integer from {least} to {most}, not {{}}.", value)
        return None

    return Reader(read, {"type": "integer", "minimum": least, "maximum": most})


def _flag(path: str, value: object, problems: Problems) -> bool | None:
    if isinstance(value, bool):
        return value
    problems.wrong(path, "Must be true or false, not {}.", value)
    return None


flag: Final = Reader(_flag, {"type": "boolean"})


def sequence(item: Reader, least: int, most: int) -> Reader:
    def read(path: str, value: object, problems: Problems) -> tuple[Any, ...] | None:
        if not isinstance(value, list | tuple):
            problems.wrong(path, "Must be a list, not {}.", value)
            return None
        if not least <= len(value) <= most:
            problems.add(path, f"Must have {least} to {most} items, not {len(value)}.")
            return None
        return tuple(item(f"{path}[{index}]", each, problems) for index, each in enumerate(value))

    schema = {"type": "array", "items": item.schema, "minItems": least, "maxItems": most}
    return Reader(read, schema, item=item)


def shaped(shape: Shape, make: Callable[[str, object, Problems], Any]) -> Reader:
    """An object of this shape, which `make` reads."""
    return Reader(make, shape.schema, shape=shape)


def explained(member: Member) -> str:
    """What a member means, and which values it may have, in words."""
    values = member.read.schema.get("enum", ())
    return f"{member.meaning} One of {', '.join(values)}." if 0 < len(values) <= FEW_VALUES else member.meaning


def _printable(name: object) -> str:
    """A member's name, written so that it can stand in a path."""
    return name if isinstance(name, str) and name.isidentifier() and name.isascii() else f"[{shown(name)}]"
