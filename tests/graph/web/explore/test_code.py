"""Generated code says exactly the query, whatever its texts contain."""

import ast
import json
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest
from graphql import parse as parse_document
from graphql import value_from_ast_untyped
from graphql.language import FieldNode, OperationDefinitionNode

from graph.dsl.parse import parse as parse_query
from graph.rest.exports.request import parse as parse_export
from graph.web.explore.code import codes, curl, exported, graphql, python

BASE: Final = "http://127.0.0.1:3030"
HEADERS: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "it's; $(id)"}
TEXTS: Final = (
    "'",
    '"',
    "\\",
    "`id`",
    "$HOME",
    "!!",
    "\n",
    "\u202e",
    "\U0001f600",
    "\x00",
    "{{7*7}}",
    "</script>",
    "#",
)
QUERY: Final = {
    "dataset": "dlr",
    "time": {"granularity": "day"},
    "filter": {"and": [{"field": "lane", "op": "in", "value": list(TEXTS)}]},
    "having": {
        "and": [{"field": "deliveryRate", "op": "lt", "value": Decimal("0.90")}, {"field": "messages", "value": -3}]
    },
    "totals": True,
}
PLAIN: Final = json.loads(json.dumps(QUERY, default=float))


def test_curl() -> None:
    command, *arguments = shlex.split(curl(f"{BASE}/v1/anlyt/query", QUERY, HEADERS).replace(" \\\n", " "))
    assert command == "curl"
    given = ["Content-Type: application/json", *(f"{name}: {value}" for name, value in HEADERS.items())]
    assert arguments[:-1] == [
        "-sS",
        f"{BASE}/v1/anlyt/query",
        *(part for each in given for part in ("-H", each)),
        "--data-raw",
    ]
    assert json.loads(arguments[-1]) == PLAIN


def test_python() -> None:
    assigned: dict[str, Any] = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(python(BASE, QUERY, HEADERS)).body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and isinstance(statement.value, ast.Dict)
    }
    assert assigned == {"query": PLAIN, "headers": {"Content-Type": "application/json", **HEADERS}}


@pytest.mark.parametrize("explain", [False, True])
def test_graphql(explain: bool) -> None:
    (operation,) = parse_document(graphql({**QUERY, "explain": explain})).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode)
    (argument,) = field.arguments or ()
    assert value_from_ast_untyped(argument.value) == {**PLAIN, "explain": explain}
    assert field.selection_set
    names = [each.name.value for each in field.selection_set.selections if isinstance(each, FieldNode)]
    assert names == (["explain"] if explain else ["data", "totals", "page", "meta"])


def test_code_is_ascii() -> None:
    """Characters that change how a text is displayed cannot hide what it does."""
    assert all(each.text.isascii() for each in codes(BASE, QUERY, HEADERS))


def test_an_export_asks_for_all_rows_of_the_question() -> None:
    """It is a request that exports accept: the query without the limits of a page."""
    window = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z", "granularity": "day"}
    query = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["lane"], "time": window, "totals": True}
    of_a_page = {**query, "limit": 100, "after": "cursor", "explain": True}
    now = datetime.now(UTC)
    found = parse_export(json.dumps(exported(of_a_page)).encode(), now)
    assert (found.format, found.limit) == ("csv", None)
    (written,) = (each.text for each in codes(BASE, of_a_page, HEADERS) if each.name == "export")
    arguments = shlex.split(written.replace(" \\\n", " "))
    assert f"{BASE}/v1/anlyt/exports" in arguments
    assert json.loads(arguments[-1]) == {"format": "csv", **query}
    assert replace(found.query, limit=1) == replace(parse_query(json.dumps(query).encode(), now), limit=1)
