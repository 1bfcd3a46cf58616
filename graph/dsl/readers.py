"""Readers of JSON values: each returns the value that it read, or adds a problem and returns None.

Readers declare the valid values once: REST's schema, GraphQL's inputs and the reference page are made from them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from graph.dsl.problems import Problems
from graph.errors import shown

LONGEST_TEXT: Final = 128
FEW_VALUES: Final = 12  # the most values that a description lists
REQUIRED: Final = object()
ABSENT: Final = object()  # the default of an optional member without default

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads the value at a JSON path. `schema` is its JSON Schema, from which GraphQL's types are made, too.

    `item` reads the items of a list, `shape` lists the members of an object.
    """

    read: Callable[[str, object, Problems], Any]
    schema: Json
    item: "ValueReader | None" = None
    shape: "Shape | None" = None

    def __call__(self, path: str, value: object, problems: Problems) -> Any:
        return self.read(path, value, problems)

    @property
    def inner_shape(self) -> "Shape | None":
        """The shape of the object that it reads, or of the objects in its list."""
        return self.shape if self.item is None else self.item.shape


class Member(NamedTuple):
    """A member of an object. `attribute` is its name in Python, `default` its value when it is absent or null.

    `nullable`: whether the documentation lists null as a value.
    """

    attribute: str
    read: ValueReader
    meaning: str
    default: Any = REQUIRED
    nullable: bool = False

    @property
    def schema(self) -> Json:
        """JSON Schema of the member."""
        schema = _or_null(self.read.schema) if self.nullable else self.read.schema
        default = {} if self.default in (REQUIRED, ABSENT, None) else {"default": self.default}
        return {**schema, **default, "description": self.meaning}


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity, so that it can be a dictionary key
class Shape:
    """An object: its name in GraphQL, its meaning, its members, and JSON Schema for the members together."""

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
    """Returns the readable attributes of an object, and adds a problem for each other one."""
    if not isinstance(value, Mapping):
        problems.wrong(path, "Must be an object, not {}.", value)
        return {}
    for name in value:
        if name not in members:
            problems.unknown(f"{path}.{_printable(name)}", "a member of this object", name, members)
    present = {name: each for name, each in value.items() if each is not None}
    attributes = {}
    for name, member in members.items():
        if name in present:
            attributes[member.attribute] = member.read(f"{path}.{name}", present[name], problems)
        elif member.default is REQUIRED:
            problems.add(f"{path}.{name}", "Is required.")
        else:
            attributes[member.attribute] = member.default
    return attributes


def text(longest: int = LONGEST_TEXT, names: Iterable[str] = (), **more: Any) -> ValueReader:
    """Reads a text of at most `longest` characters that UTF-8 can encode. `names` or `more` go into its schema."""

    def read(path: str, value: object, problems: Problems) -> str | None:
        if not isinstance(value, str):
            problems.wrong(path, "Must be a text, not {}.", value)
            return None
        if len(value) > longest:
            problems.add(path, f"Must have at most {longest} characters, not {len(value)}.")
            return None
        if any("\ud800" <= character <= "\udfff" for character in value):
            problems.add(path, "Must not have an unpaired surrogate.")
            return None
        return value

    known = list(dict.fromkeys(names))
    return ValueReader(read, {"enum": known} if known else {"type": "string", "maxLength": longest, **more})


def choice(what: str, allowed: Sequence[str]) -> ValueReader:
    """Reads a value of a closed list. `what` completes the message "... is not a granularity."."""

    def read(path: str, value: object, problems: Problems) -> str | None:
        if isinstance(value, str) and value in allowed:
            return value
        problems.unknown(path, what, value, allowed)
        return None

    return ValueReader(read, {"enum": list(allowed)})


def integer(least: int, most: int) -> ValueReader:
    """Reads an integer from `least` to `most`."""

    def read(path: str, value: object, problems: Problems) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        problems.wrong(path, f"Must be an integer from {least} to {most}, not {{}}.", value)
        return None

    return ValueReader(read, {"type": "integer", "minimum": least, "maximum": most})


def _flag(path: str, value: object, problems: Problems) -> bool | None:
    if isinstance(value, bool):
        return value
    problems.wrong(path, "Must be true or false, not {}.", value)
    return None


flag: Final = ValueReader(_flag, {"type": "boolean"})


def sequence(item: ValueReader, least: int, most: int) -> ValueReader:
    """Reads a list of `least` to `most` items as a tuple."""

    def read(path: str, value: object, problems: Problems) -> tuple[Any, ...] | None:
        if not isinstance(value, list | tuple):
            problems.wrong(path, "Must be a list, not {}.", value)
            return None
        if not least <= len(value) <= most:
            problems.add(path, f"Must have {least} to {most} items, not {len(value)}.")
            return None
        return tuple(item(f"{path}[{index}]", each, problems) for index, each in enumerate(value))

    schema = {"type": "array", "items": item.schema, "minItems": least, "maxItems": most}
    return ValueReader(read, schema, item=item)


def object_reader(shape: Shape, make: Callable[[str, object, Problems], Any]) -> ValueReader:
    """Reads an object of this shape with `make`."""
    return ValueReader(make, shape.schema, shape=shape)


def description_of(member: Member) -> str:
    """Returns a member's meaning, and its values if they are few, as text."""
    values = member.read.schema.get("enum", ())
    return f"{member.meaning} One of {', '.join(values)}." if 0 < len(values) <= FEW_VALUES else member.meaning


def _printable(name: object) -> str:
    """A member's name in a JSON path."""
    return name if isinstance(name, str) and name.isidentifier() and name.isascii() else f"[{shown(name)}]"
