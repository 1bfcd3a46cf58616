"""Decodes the JSON text of a query strictly."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from graph.dsl.problems import refusal
from graph.errors import shown

LONGEST_NUMBER: Final = 40  # characters, more than any valid number of a query has


class _Wrong(ValueError):  # noqa: N818  # never leaves this module
    """A text that Python's parser accepts and this one refuses."""


def read(body: bytes) -> Mapping[str, object]:
    """Decodes a JSON object, with fractions as Decimal. Raises InvalidQueryError for any other text."""
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
    """The members of an object. Raises _Wrong for a repeated name, whose intended value is ambiguous."""
    members = dict(pairs)
    if len(members) < len(pairs):
        repeated, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise _Wrong(f"An object has two members named {shown(repeated)}.")
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
