"""Declares and reads the parameters of a URL."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from graph.access import checked_id
from graph.errors import InvalidQueryError

_BLANK_OFFSET: Final = re.compile(r"(?<=\d) (\d{2}:\d{2})\Z")


@dataclass(frozen=True)
class Parameter:
    """A declared parameter; `schema` is JSON Schema."""

    name: str
    schema: Mapping[str, Any]
    description: str
    location: Literal["query", "path", "header"] = "query"

    @property
    def is_list(self) -> bool:
        """Whether it may be repeated. Its value is the items of all repetitions, separated by commas."""
        return self.schema.get("type") == "array"


def read_query(query_string: bytes, allowed: Sequence[Parameter]) -> Mapping[str, str]:
    """Returns a URL's query parameters. Raises InvalidQueryError, which lists unknown and repeated ones."""
    pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    values = joined(pairs, allowed)
    names = [parameter.name for parameter in allowed if parameter.location == "query"]
    if unknown := sorted(values.keys() - names):
        raise InvalidQueryError(
            f"Unknown query parameter: {', '.join(unknown)}. "
            + (f"Allowed here: {', '.join(names)}." if names else "None is allowed here.")
        )
    if len(values) < len(pairs) and (repeated := _repeated(pairs, allowed)):
        raise InvalidQueryError(f"Repeated query parameter: {', '.join(repeated)}.")
    return values


def _repeated(pairs: Sequence[tuple[str, str]], allowed: Sequence[Parameter]) -> Sequence[str]:
    """The names that appear several times and are no lists."""
    lists = {parameter.name for parameter in allowed if parameter.is_list}
    times = Counter(name for name, _ in pairs if name not in lists)
    return sorted(name for name in times if times[name] > 1)


def joined(pairs: Sequence[tuple[str, str]], allowed: Sequence[Parameter]) -> Mapping[str, str]:
    """The values by name: all items of a list, separated by commas; the last value of any other parameter."""
    items = {parameter.name: list[str]() for parameter in allowed if parameter.is_list}
    for name, value in pairs:
        if name in items and value:
            items[name].append(value)
    return {name: ",".join(items[name]) if name in items else value for name, value in pairs}


def read_items(parameter: Parameter, values: Mapping[str, str]) -> Sequence[str]:
    """Returns the items of a list, without empty ones."""
    return [item for item in values.get(parameter.name, "").split(",") if item]


def read_id(parameter: Parameter, values: Mapping[str, str]) -> str | None:
    """Returns an id, or None when it is absent. Raises InvalidQueryError for a malformed id."""
    text = values.get(parameter.name)
    return None if text is None else checked_id(parameter.name, text)


def read_time(parameter: Parameter, values: Mapping[str, str]) -> str | None:
    """Returns a time's text, or None when it is absent. Restores the `+` of an offset, which decodes to a space."""
    text = values.get(parameter.name)
    return None if text is None else _BLANK_OFFSET.sub(r"+\1", text)


def read_choice(parameter: Parameter, values: Mapping[str, str]) -> Any:
    """Returns a value of the schema's enum, its default when absent, or None without a default.

    Raises InvalidQueryError, which lists the allowed values.
    """
    text = values.get(parameter.name, parameter.schema.get("default"))
    if text is not None and text not in parameter.schema["enum"]:
        raise InvalidQueryError(f"{parameter.name} must be one of {', '.join(parameter.schema['enum'])}.")
    return text


def read_integer(parameter: Parameter, values: Mapping[str, str]) -> int:
    """Returns an integer, or the schema's default. Raises InvalidQueryError, which states the bounds."""
    least, most = parameter.schema["minimum"], parameter.schema["maximum"]
    text = values.get(parameter.name, str(parameter.schema["default"]))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise InvalidQueryError(f"{parameter.name} must be an integer from {least} to {most}.")
    return int(text)
