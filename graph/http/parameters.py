"""Parameters of a URL: how they are declared and read."""

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
    """One parameter; `schema` as in JSON Schema."""

    name: str
    schema: Mapping[str, Any]
    description: str
    location: Literal["query", "path"] = "query"


def read_query(given: bytes, allowed: Sequence[Parameter]) -> Mapping[str, str]:
    """The parameters of a URL's query; InvalidQueryError names what is unknown or given twice."""
    pairs = parse_qsl(given.decode("latin-1"), keep_blank_values=True)
    values = dict(pairs)
    names = [parameter.name for parameter in allowed if parameter.location == "query"]
    if unknown := sorted(values.keys() - names):
        raise InvalidQueryError(
            f"Unknown query parameter: {', '.join(unknown)}. "
            + (f"Allowed here: {', '.join(names)}." if names else "None is allowed here.")
        )
    if len(values) < len(pairs):
        repeated = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise InvalidQueryError(f"Query parameter given more than once: {', '.join(repeated)}.")
    return values


def read_id(parameter: Parameter, values: Mapping[str, str]) -> str | None:
    """An id, or None when it was not given; InvalidQueryError."""
    text = values.get(parameter.name)
    return None if text is None else checked_id(parameter.name, text)


def read_time(parameter: Parameter, values: Mapping[str, str]) -> str | None:
    """A time's text as it was meant, or None when it was not given: an offset's + that nobody escaped is a blank."""
    text = values.get(parameter.name)
    return None if text is None else _BLANK_OFFSET.sub(r"+\1", text)


def read_choice(parameter: Parameter, values: Mapping[str, str]) -> Any:
    """One of the schema's enum; None when it was not given and has no default. InvalidQueryError lists them."""
    text = values.get(parameter.name, parameter.schema.get("default"))
    if text is not None and text not in parameter.schema["enum"]:
        raise InvalidQueryError(f"{parameter.name} must be one of {', '.join(parameter.schema['enum'])}.")
    return text


def read_integer(parameter: Parameter, values: Mapping[str, str]) -> int:
    """An integer within the schema's bounds; InvalidQueryError tells them."""
    least, most = parameter.schema["minimum"], parameter.schema["maximum"]
    text = values.get(parameter.name, str(parameter.schema["default"]))
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most):
        raise InvalidQueryError(f"{parameter.name} must be an integer from {least} to {most}.")
    return int(text)
