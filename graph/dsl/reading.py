"""Readers of JSON values: each gives what it read, or tells what is wrong and gives None."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from graph.dsl.problems import Problems
from graph.errors import shown

LONGEST_TEXT: Final = 128
REQUIRED: Final = object()

Reader: TypeAlias = Callable[[str, object, Problems], Any]


class Member(NamedTuple):
    """A member of an object: which attribute it becomes, how it is read, and what it is if absent or null."""

    attribute: str
    read: Reader
    default: Any = REQUIRED


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


def text(longest: int = LONGEST_TEXT) -> Reader:
    """A text that UTF-8 can hold."""

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

    return read


def choice(what: str, allowed: Sequence[str]) -> Reader:
    """One of a closed list; `what` as in "is not a granularity"."""

    def read(path: str, value: object, problems: Problems) -> str | None:
        if isinstance(value, str) and value in allowed:
            return value
        problems.unknown(path, what, value, allowed)
        return None

    return read


def integer(least: int, most: int) -> Reader:
    def read(path: str, value: object, problems: Problems) -> int | None:
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        problems.wrong(path, f"Must be an integer from {least} to {most}, not {{}}.", value)
        return None

    return read


def flag(path: str, value: object, problems: Problems) -> bool | None:
    if isinstance(value, bool):
        return value
    problems.wrong(path, "Must be true or false, not {}.", value)
    return None


def sequence(item: Reader, least: int, most: int) -> Reader:
    def read(path: str, value: object, problems: Problems) -> tuple[Any, ...] | None:
        if not isinstance(value, list | tuple):
            problems.wrong(path, "Must be a list, not {}.", value)
            return None
        if not least <= len(value) <= most:
            problems.add(path, f"Must have {least} to {most} items, not {len(value)}.")
            return None
        return tuple(item(f"{path}[{index}]", each, problems) for index, each in enumerate(value))

    return read


def _printable(name: object) -> str:
    """A member's name, written so that it can stand in a path."""
    return name if isinstance(name, str) and name.isidentifier() and name.isascii() else f"[{shown(name)}]"
