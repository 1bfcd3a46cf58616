"""Hostile callers cause no internal error, learn no internals, and leak no memory."""

import asyncio
import gc
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from urllib.parse import urlsplit

import aiohttp
import httpx
import psutil
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from yarl import URL

from graph.app import create_app
from graph.http.middleware import RequestMiddleware
from graph.http.protocol import LONGEST_HEAD, BoundedProtocol
from graph.http.server import serving
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, REPORTS, portal
from tests.graph.support.store import HOUR, Row, Store
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

SEED = 20261122
START = datetime(2026, 10, 1, tzinfo=UTC)
SECRETS = ("acc-secret", "op-secret")
# Texts that would disclose internals: files, SQL, libraries, others' ids.
INSIDE = re.compile(rf"Traceback|File \"|\.py\b|asyncpg|\bselect\b.*\bfrom\b|metrics_hourly|{'|'.join(SECRETS)}")
SYNTAX = ["{", "}", "(", ")", "...", "on Query", "fragment a on Query", "query($a: ID!)", "@skip(if: true)", "@x", "$a"]
NAMES = ["summary", "account", "operators", "series", "edges", "__typename", "__schema", "first: 9", 'id: "x"', "id:"]
ODDITIES = [
    "' or 1=1 --",
    '"; drop table a; --"',
    "\\u0000",
    "\x00",
    "\U0001f648",
    "\ud800",
    "null",
    "1e999",
    "[[[",
    '"""',
]
PIECES = [*SYNTAX, *NAMES, *ODDITIES]


@pytest.fixture(scope="module")
async def url(opened: Store, pool: Pool) -> AsyncIterator[str]:
    subjects = [("PLATFORM", "platform"), ("OPERATOR", "op-secret"), ("ACCOUNT", "acc-secret")]
    await opened.put([Row(START + 5 * HOUR, *subject, messages=3) for subject in subjects], START)
    app = create_app(read_settings({"ANLYT_RATE_LIMIT": "0"}), pool, {}, clickhouse=NO_CLICKHOUSE, development=False)
    async with serving(app, "127.0.0.1", 0) as served:
        yield served


@pytest.fixture
async def client(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as opened:
        yield opened


def check(response: httpx.Response) -> None:
    assert response.status_code < 500, response.text
    assert not INSIDE.search(response.text), response.text[:2000]
    if response.status_code >= 400:
        assert response.headers.get("x-request-id")


def broken_body(random: Random) -> bytes:
    query = " ".join(random.choices(PIECES, k=random.randrange(1, 30)))
    match random.randrange(6):
        case 0:
            return random.randbytes(random.randrange(200))
        case 1:
            return query.encode(errors="surrogatepass")
        case 2:
            return json.dumps({"query": query, "variables": {"a": [query] * 9, query: None}}).encode()
        case 3:
            return json.dumps({"query": random.choice([5, None, [query], {}]), "operationName": query}).encode()
        case 4:
            return json.dumps(
                {"documentId": query[:90], "extensions": {"persistedQuery": {"sha256Hash": query}}}
            ).encode()
        case _:
            return json.dumps({"query": f"{{ {query} }}"}).encode()[: random.randrange(10, 400)]


def broken_path(random: Random) -> str:
    names = ["summary", "throughput", "accounts/%00/usage", "accounts/a%2f..%2fb/usage", "operators/%F0%9F/performance"]
    values = ["x", "%27%20or%201=1--", "2026-10-01T00:00:00Z", "9" * 400, "%00", "-1", "%ED%A0%80", "1h", ""]
    parameters = ["from", "to", "granularity", "resolution", "limit", "accountId", "operatorId", "\u0107", "from"]
    query = "&".join(f"{random.choice(parameters)}={random.choice(values)}" for _ in range(random.randrange(5)))
    return f"{REPORTS}/{random.choice(names)}?{query}"


async def test_thousands_of_broken_requests(url: str) -> None:
    """Sends a quarter as administrator, a quarter as customer. Afterwards requests work, and memory has not grown."""
    random, process = Random(SEED), psutil.Process()
    print(f"seed {SEED}")
    callers = [dict(ADMIN), dict(portal("mine")), {}, {"X-Caller": "x" * 300}]
    before = 0
    async with aiohttp.ClientSession() as session:  # httpx takes four times as long

        async def ask() -> None:
            headers = {**random.choice(callers), "Content-Type": "application/json"}
            if random.random() < 0.5:
                asking = session.post(f"{url}/graphql", data=broken_body(random), headers=headers)
            else:
                asking = session.get(URL(url + broken_path(random), encoded=True), headers=headers)
            async with asking as response:
                text = await response.text()
                assert response.status < 500, text
                assert not INSIDE.search(text), text[:2000]

        for number in range(60):
            if number == 20:  # caches are full
                gc.collect()
                before = process.memory_info().rss
            await asyncio.gather(*(ask() for _ in range(50)))
        gc.collect()
        assert process.memory_info().rss - before < 64 << 20
        async with session.get(f"{url}{REPORTS}/summary", headers=dict(ADMIN)) as response:
            assert response.status == 200


BOMBS = [
    "{ " + " ".join(f"a{n}: __typename" for n in range(900)) + " }",
    "{ " * 3000 + "}" * 3000,
    "{ ...a } " + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(200)),
    "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
    "{ " + "... on Query { " * 900 + "__typename" + " }" * 901,
    "{ " + "summary { series { time } } " * 500 + "}",
    "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "query(" + " ".join(f"$v{n}: ID" for n in range(900)) + ") { __typename }",
    '{ account(id: "' + "x" * 200_000 + '") { segments } }',
    "{ summary" + " @include(if: true)" * 1000 + " { dataAsOf } }",
    "#" * 250_000,
    '"""' * 80_000,
]


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
async def test_bombs_are_refused(client: httpx.AsyncClient, bomb: str) -> None:
    response = await client.post("/graphql", json={"query": bomb}, headers=dict(portal("mine")))
    check(response)
    assert response.json()["errors"]


@pytest.mark.parametrize("chunked", [True, False])
async def test_ten_megabytes_are_not_read(client: httpx.AsyncClient, chunked: bool) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(160):
            yield b" " * (64 << 10)

    headers = {**ADMIN, "Content-Type": "application/json"}
    content = drip() if chunked else b" " * (10 << 20)
    response = await client.post("/graphql", content=content, headers=headers)
    assert response.status_code == 413
    check(response)
    assert (await client.get("/health/live")).status_code == 200


async def test_unfinished_requests_do_not_block_others(url: str, client: httpx.AsyncClient) -> None:
    port = urlsplit(url).port
    beginnings = [
        b"",
        b"GET /v1/internal/analytics/summary HTTP/1.1\r\nHost: x\r\nX-Caller: admin-da",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nX-Caller: admin-dashboard\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
    ]
    writers = []
    for number in range(100):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(beginnings[number % len(beginnings)])
        writers.append(writer)
    assert (await client.get(f"{REPORTS}/summary", headers=dict(ADMIN))).status_code == 200
    for writer in writers:
        writer.close()
    await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def test_an_endless_head_is_cut_off(url: str) -> None:
    for endless in (b"x" * 1024, b"X-A: b\r\n" * 128):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
        sent = 0
        try:
            while sent < 100 * LONGEST_HEAD:
                writer.write(endless)
                await writer.drain()
                sent += len(endless)
        except ConnectionError:
            pass
        assert sent < 100 * LONGEST_HEAD
        writer.close()
        del reader


async def test_a_slow_head_is_cut_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BoundedProtocol, "slowest_head", 0.05)
    for begun in (b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(begun)
        with_error = await asyncio.gather(reader.read(), return_exceptions=True)
        assert with_error[0] == b"" or isinstance(with_error[0], ConnectionError)
        writer.close()


async def test_a_slow_body_is_refused() -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)

    async with (
        serving(RequestMiddleware(echo), "127.0.0.1", 0) as served,
        httpx.AsyncClient(base_url=served, timeout=30) as client,
    ):
        assert (await client.post("/", content=b"{}")).text == "{}"
    async with serving(RequestMiddleware(echo, slowest_body=0.05), "127.0.0.1", 0) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(served).port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"REQUEST_TIMEOUT" in answer
        writer.close()
