"""Makes requests that are expensive to parse or refuse, and sends them to the application without a server."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from starlette.types import ASGIApp, Message

from graph.http.bodies import LONGEST_BODY, MOST_OBJECTS, MOST_VALUES

ADMIN: Final = {"x-caller": "admin-dashboard", "content-type": "application/json"}
TENANT: Final = {**ADMIN, "x-caller": "customer-portal", "x-tenant-id": "t-1", "x-account-id": "acc-1"}
TIME: Final = '"time":{"from":"2026-10-01T00:00:00Z","to":"2026-10-02T00:00:00Z"}'
QUERY: Final = f'"dataset":"dlr","measures":["messages"],{TIME}'
VARIABLES: Final = '{"query":"query($i:QueryInput!){query(input:$i){data}}","variables":{"i":'
AUDIT: Final = '"tenantId":"t-1","from":"2026-10-01T00:00:00Z","to":"2026-10-02T00:00:00Z"'

Attack: TypeAlias = Callable[[ASGIApp], Awaitable[object]]
# Share of the largest allowed size -> the attack of that size.
AttackOfSize: TypeAlias = Callable[[float], Attack]


def post(path: str, body: str, caller: Mapping[str, str] = ADMIN) -> Attack:
    assert len(body) <= LONGEST_BODY, len(body)
    return lambda app: status_of(app, "POST", path, caller, body.encode())


def query(body: str) -> Attack:
    return post("/v1/anlyt/query", body)


def graphql(document: str) -> Attack:
    return post("/graphql", json.dumps({"query": document}))


async def status_of(
    app: ASGIApp, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", url: str = ""
) -> int:
    """The status of the response. An internal error fails the test."""
    sent: list[Message] = []
    chunks = [body]

    async def receive() -> Message:
        if not chunks:
            await asyncio.sleep(3600)
        return {"type": "http.request", "body": chunks.pop(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": url.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    }
    await app(scope, receive, send)
    response = b"".join(message.get("body", b"") for message in sent[1:])
    assert b"INTERNAL" not in response, response[:500]
    status: int = sent[0]["status"]
    assert status < 500 or b"DEPENDENCY_UNAVAILABLE" in response
    return status


def upto(count: float, piece: Callable[[int], str], separator: str = ",") -> str:
    return separator.join(map(piece, range(int(count))))


def long(share: float, text: str, most: int = LONGEST_BODY, beside: int = 1000) -> str:
    """The text, repeated to a share of the room that `most` leaves."""
    return text * int(share * (most - beside) / len(text))


def members(share: float) -> str:
    return upto(share * (MOST_VALUES - 50), lambda n: f'"{n:x}":1')


def texts(share: float, text: Callable[[int], str] = '"{:x}"'.format) -> str:
    return f"[{upto(share * (MOST_VALUES - 50), text)}]"


def lists(share: float, field: str, value: Callable[[int], str] = '"{}"'.format) -> str:
    """As many comparisons with the longest lists as fit into a body."""
    comparison = f'{{"field":"{field}","op":"in","value":[{upto(980, value)}]}}'
    return f'{{"and":[{upto(share * 20, lambda _: comparison)}]}}'


def objects(share: float, piece: Callable[[int], str] = lambda _: "{}") -> str:
    return f"[{upto(share * (MOST_OBJECTS - 20), piece)}]"
