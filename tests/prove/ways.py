"""The ways to ask: each sends a question's request and returns its rows as texts, so that every digit is compared."""

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx
import pyarrow as pa
from graphql import GraphQLObjectType, build_schema, get_named_type

from tests.graph.support.queries import QUERY

Json: TypeAlias = dict[str, Any]
Caller: TypeAlias = Mapping[str, str]
Texts: TypeAlias = list[list[tuple[str, str]]]
"""Rows of names and texts. Null is the empty text, as in CSV; no value of an event is empty."""

MOST_ROWS: Final = 10_000  # of a page
ATTEMPTS: Final = 20  # while a busy machine answers 503
SCHEMA: Final = build_schema((Path(__file__).parents[2] / "schema" / "graph.graphql").read_text())


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows and totals as texts. `body`: the JSON, only by the way of that name. `refusal`: the code of an error."""

    rows: Texts = field(default_factory=list)
    totals: Sequence[tuple[str, str]] = ()
    end: str | None = None
    body: Json = field(default_factory=dict)
    refusal: str | None = None


Way: TypeAlias = Callable[[httpx.AsyncClient, Json, Caller], Awaitable[Answer]]


async def by_json(client: httpx.AsyncClient, query: Json, caller: Caller) -> Answer:
    response = await _post(client, QUERY, query, caller, "application/json")
    return _refused(response) or _of_json(response.text, ())


async def by_csv(client: httpx.AsyncClient, query: Json, caller: Caller) -> Answer:
    response = await _post(client, QUERY, query, caller, "text/csv")
    if refused := _refused(response):
        return refused
    rows = [list(row.items()) for row in csv.DictReader(io.StringIO(response.text, newline=""))]
    return _with_notes(rows, {name: response.headers.get(f"X-Anlyt-{name}") for name in ("page", "totals")})


async def by_arrow(client: httpx.AsyncClient, query: Json, caller: Caller) -> Answer:
    response = await _post(client, QUERY, query, caller, "application/vnd.apache.arrow.stream")
    if refused := _refused(response):
        return refused
    table = pa.ipc.open_stream(response.content).read_all()
    rows = [[(name, _text(value)) for name, value in row.items()] for row in table.to_pylist()]
    notes = {name.decode(): text.decode() for name, text in table.schema.metadata.items()}
    return _with_notes(rows, {name: notes.get(name) for name in ("page", "totals")})


async def by_graphql(client: httpx.AsyncClient, query: Json, caller: Caller) -> Answer:
    document = "query ($input: QueryInput!) { query(input: $input) { data totals page { endCursor } } }"
    response = await _post(client, "/graphql", {"query": document, "variables": {"input": query}}, caller)
    return _of_errors(response.json()) or _of_json(response.text, ("data", "query"))


WAYS: Final[Mapping[str, Way]] = {"JSON": by_json, "CSV": by_csv, "Arrow": by_arrow, "GraphQL query": by_graphql}


async def all_pages(way: Way, client: httpx.AsyncClient, query: Json, caller: Caller, limit: int) -> Answer:
    """The rows of all pages of `limit` rows, and the totals of the first."""
    first = last = await way(client, query | {"limit": limit}, caller)
    rows = list(first.rows)
    while last.end is not None:
        last = await way(client, query | {"limit": limit, "after": last.end}, caller)
        if last.refusal is not None:
            return last
        rows += last.rows
    return Answer(rows, first.totals, None, first.body, first.refusal)


async def rest_report(client: httpx.AsyncClient, path: str, parameters: Caller, caller: Caller) -> Json:
    """The body of a report, or {"refusal": code}."""

    async def get() -> httpx.Response:
        return await client.get(f"/v1/internal/analytics/{path}", params=parameters, headers=dict(caller))

    response = await _when_ready(get)
    refused = _refused(response)
    body: Json = {"refusal": refused.refusal} if refused else response.json()
    return body


async def graphql_report(client: httpx.AsyncClient, field: str, arguments: str, caller: Caller) -> Json:
    """All members of a report's field, or {"refusal": code}."""
    document = f"{{ {field}({arguments}) {_selection(SCHEMA.query_type, field)} }}"
    answer = (await _post(client, "/graphql", {"query": document}, caller)).json()
    refused = _of_errors(answer)
    body: Json = {"refusal": refused.refusal} if refused else answer["data"][field]
    return body


def _selection(parent: GraphQLObjectType | None, name: str) -> str:
    """All fields below a field, as a selection; empty for a scalar."""
    assert parent is not None
    type_ = get_named_type(parent.fields[name].type)
    if not isinstance(type_, GraphQLObjectType):
        return ""
    return f"{{ {' '.join(f'{each} {_selection(type_, each)}' for each in type_.fields)} }}"


async def _post(
    client: httpx.AsyncClient, path: str, body: Json, caller: Caller, accept: str = "application/json"
) -> httpx.Response:
    return await _when_ready(lambda: client.post(path, json=body, headers={**caller, "Accept": accept}))


async def _when_ready(send: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    for _ in range(ATTEMPTS):
        response = await send()
        if "DEPENDENCY_UNAVAILABLE" not in response.text[:1000]:
            break
        await asyncio.sleep(1)
    return response


def _refused(response: httpx.Response) -> Answer | None:
    return None if response.status_code == 200 else Answer(refusal=response.json()["code"])


def _of_errors(answer: Json) -> Answer | None:
    return Answer(refusal=answer["errors"][0]["extensions"]["code"]) if answer.get("errors") else None


def _of_json(text: str, path: Sequence[str]) -> Answer:
    body, digits = json.loads(text), json.loads(text, parse_int=str, parse_float=str)
    for name in path:
        body, digits = body[name], digits[name]
    end = digits["page"]["endCursor"]
    return Answer([list(_flat(row)) for row in digits["data"]], list(_flat(digits.get("totals") or {})), end, body)


def _with_notes(rows: Texts, notes: Mapping[str, str | None]) -> Answer:
    page, totals = (json.loads(notes[name] or "{}", parse_int=str, parse_float=str) for name in ("page", "totals"))
    return Answer(rows, list(_flat(totals)), page["endCursor"])


def _flat(row: Json, prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: object) -> str:
    return "" if value is None else str(value)
