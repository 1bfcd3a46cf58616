"""The text of a query: JSON, read strictly."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from graph.dsl.problems import refusal
from graph.errors import shown

LONGEST_NUMBER: Final = 40  # characters: more than any number that a query compares with


class _Wrong(ValueError):  # noqa: N818  # never leaves this module
    """Valid for Python's parser, but not for us."""


def read(body: bytes) -> Mapping[str, object]:
    """The object that a JSON text holds, numbers with a fraction as decimals; InvalidQueryError for any other text."""
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except _Wrong as error:
        raise refusal("$", str(error)) from None
    except RecursionError:
        raise refusal("$", "The JSON text is nested too deeply.") from None
    except UnicodeDecodeError:
        raise refusal("$", "The body must be JSON in UTF-8.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise refusal("$", f"The body is not JSON: {error.msg} at {where}.") from None
    if not isinstance(value, dict):
        raise refusal("$", f"A query is a JSON object, not {shown(value)}.")
    return value


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Of two members of one name, nobody can tell which was meant."""
    members = dict(pairs)
    if len(members) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise _Wrong(f"An object has two members named {shown(twice)}.")
    return members


def _integer(text: str) -> int:
    return int(_short(text))


def _decimal(text: str) -> Decimal:
    return Decimal(_short(text))


def _short(text: str) -> str:
    if len(text) > LONGEST_NUMBER:
        raise _Wrong(f"A number has more than {LONGEST_NUMBER} characters.")
    return text


def _constant(text: str) -> None:
    raise _Wrong(f"{text} is not JSON.")
