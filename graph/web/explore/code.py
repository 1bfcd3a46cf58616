"""The question as code: curl, Python and GraphQL that ask the API the same, and curl that requests an export of it.

Every text is quoted for its language.
"""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from graph.rest.exports.request import MEMBERS
from graph.rest.exports.routes import PATH as EXPORTS_PATH
from graph.rest.query import QUERY_PATH

GRAPHQL_PATH: Final = "/graphql"
_ROWS: Final = "data totals page { endCursor hasNextPage } meta { source dataAsOf completeUntil truncated }"
_EXPLANATION: Final = "explain { table estimatedRows reasons statements { sql parameters } }"


class Code(NamedTuple):
    """A text to copy. `name` is the id of its element."""

    name: str
    label: str
    text: str


class _Language(NamedTuple):
    """How a language writes values of JSON."""

    key: Callable[[str], str]
    text: Callable[[str], str]
    true: str
    false: str


_JSON: Final = _Language(json.dumps, json.dumps, "true", "false")
_GRAPHQL: Final = _Language(str, json.dumps, "true", "false")
_PYTHON: Final = _Language(ascii, ascii, "True", "False")


def codes(base: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> Sequence[Code]:
    """The question for a shell, for Python without libraries, for GraphQL, and as an export.

    `headers`: those of the identity.
    """
    return (
        Code("curl", "curl", curl(base + QUERY_PATH, query, headers)),
        Code("python", "Python", python(base, query, headers)),
        Code("graphql", "GraphQL", graphql(query)),
        Code("export", "Export of all rows", curl(base + EXPORTS_PATH, exported(query), headers)),
    )


def exported(query: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request of an export of all rows of a query, as CSV."""
    return {"format": "csv", **{name: value for name, value in query.items() if name in MEMBERS and name != "limit"}}


def curl(url: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """A command for a POSIX shell that posts JSON."""
    lines = [f"curl -sS {shlex.quote(url)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _with_type(headers).items()]
    lines.append(f"--data-raw {shlex.quote(_written(query, _JSON))}")
    return " \\\n  ".join(lines)


def python(base: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """A program of the standard library, which prints the rows."""
    return f"""import json
from urllib.request import Request, urlopen

query = {_written(query, _PYTHON)}
headers = {_written(_with_type(headers), _PYTHON)}
request = Request({base + QUERY_PATH!a}, json.dumps(query).encode(), headers)
with urlopen(request) as response:
    answer = json.load(response)
for row in answer["data"]:
    print(row)"""


def graphql(query: Mapping[str, Any]) -> str:
    """A document for `/graphql`."""
    fields = _EXPLANATION if query.get("explain") else _ROWS
    return f"query Explore {{\n  query(input: {_written(query, _GRAPHQL, '    ')}) {{\n    {fields}\n  }}\n}}"


def _with_type(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {"Content-Type": "application/json", **headers}


def _written(query: Mapping[str, Any], language: _Language, indent: str = "  ") -> str:
    """An object, one member per line."""
    members = (f"{indent}{language.key(name)}: {_value(value, language)}" for name, value in query.items())
    return "{\n" + ",\n".join(members) + f"\n{indent[2:]}}}"


def _value(value: Any, language: _Language) -> str:
    match value:
        case bool():
            return language.true if value else language.false
        case int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
        case str():
            return language.text(value)
        case Mapping():
            return (
                "{" + ", ".join(f"{language.key(name)}: {_value(each, language)}" for name, each in value.items()) + "}"
            )
        case list():
            return "[" + ", ".join(_value(each, language) for each in value) + "]"
        case _:
            raise TypeError(f"A question has no {type(value).__name__}.")
