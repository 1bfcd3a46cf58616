"""Conditional requests, and caches in front: what RFC 9110 and RFC 9111 allow, for any headers."""

import gzip
import json
import re
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import brotli
import httpx
import pytest

from graph.app import create_app
from graph.http.server import serving
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, REPORTS, portal
from tests.graph.support.store import DAY, Row, Store
from tests.support.warehouse import NO_CLICKHOUSE

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

pytestmark = pytest.mark.anyio

ORIGIN = "https://portal.example"
DECODE = {"zstd": zstd.decompress, "br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
WINDOW = "from=2026-10-01T00:00:00Z&to=2026-10-05T00:00:00Z"
SUMMARY = f"{REPORTS}/summary?{WINDOW}"
PATHS = [SUMMARY, f"{REPORTS}/accounts/a/usage?{WINDOW}", "/v1/anlyt/catalog", "/openapi.json", "/nothing", "/graphql"]
CALLERS: list[Mapping[str, str]] = [ADMIN, {"X-Caller": "finance-dashboard"}, portal("a"), portal("b"), {}]


@pytest.fixture(scope="module")
async def client(pool: Pool, opened: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server over two accounts, whose pages ORIGIN may call."""
    await opened.empty()
    start = datetime(2026, 10, 1, tzinfo=UTC)
    rows = [Row(start, *subject, messages=3) for subject in (("PLATFORM", "platform"), ("ACCOUNT", "a"))]
    await opened.put(rows, start + DAY)
    app = create_app(
        read_settings({"ANLYT_CORS_ORIGINS": ORIGIN}), pool, {}, clickhouse=NO_CLICKHOUSE, development=False
    )
    async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url) as made:
        made.headers.pop("accept-encoding")
        yield made


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", PATHS[:3])
async def test_a_caller_with_the_answer_gets_304(client: httpx.AsyncClient, path: str, method: str) -> None:
    first = await client.request(method, path, headers={**ADMIN, "Accept-Encoding": "gzip"})
    tag = first.headers["etag"]
    for known in [tag, tag.removeprefix("W/"), f'"x", W/"y",{tag}', f'{tag}, "', "*"]:
        response = await client.request(method, path, headers={**ADMIN, "If-None-Match": known})
        assert (response.status_code, response.content) == (304, b"")
        for name in ("etag", "vary", "cache-control"):
            assert response.headers[name] == first.headers[name]
    for other in ['W/"x"', tag.upper(), tag.replace('"', ""), "", f"{tag[:-2]}"]:
        assert (await client.request(method, path, headers={**ADMIN, "If-None-Match": other})).status_code == 200


async def test_the_report_is_not_computed_for_a_caller_with_the_answer(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = (await client.get(SUMMARY, headers=dict(ADMIN))).headers["etag"]
    monkeypatch.setattr("graph.reports.summary.read_figures", None)
    assert (await client.get(SUMMARY, headers={**ADMIN, "If-None-Match": tag})).status_code == 304
    assert (await client.get(SUMMARY, headers=dict(ADMIN))).status_code == 500  # it would be computed


async def test_a_condition_changes_no_refusal(client: httpx.AsyncClient) -> None:
    """RFC 9110, 13.2.1: a condition is ignored if the answer without it would not be a success."""
    for path, caller, status in [
        (f"{REPORTS}/operators/never-seen/performance?{WINDOW}", ADMIN, 404),
        (f"{REPORTS}/accounts/b/usage?{WINDOW}", portal("a"), 403),
        (f"{REPORTS}/summary?from=x", ADMIN, 400),
        (SUMMARY, {}, 401),
    ]:
        response = await client.get(path, headers={**caller, "If-None-Match": "*"})
        assert response.status_code == status
        assert response.headers["cache-control"] == "no-store"


TOKENS = [
    *[
        "gzip",
        "br",
        "zstd",
        "identity",
        "*",
        "deflate",
        "",
        ";",
        "q=0",
        "q=1",
        "q=0.5",
        "q=1e9",
        "q=-1",
        "*/*",
        "text/csv",
    ],
    *[
        "application/json",
        "text/*",
        "application/graphql-response+json",
        "text/event-stream",
        '"x"',
        'W/"x"',
        "W/",
        '"',
    ],
    *[
        "bytes=0-1",
        "bytes=-5",
        "bytes=9-1",
        "items=0-5",
        ORIGIN,
        "null",
        "https://evil.example",
        "\t",
        "\xff",
        "a" * 300,
    ],
    *["Sun, 29 Nov 2026 08:00:00 GMT", "yesterday", "0", "9" * 40],
]
FUZZED = ["Accept", "Accept-Encoding", "If-None-Match", "Range", "Origin", "If-Modified-Since", "If-Range"]


async def test_any_headers_get_an_answer_that_http_allows(client: httpx.AsyncClient, seed: int) -> None:
    random = Random(seed)
    tags = ['W/"x"']
    plain = {
        (path, *map(str, caller.values())): await client.get(path, headers=dict(caller))
        for path in PATHS
        for caller in CALLERS
    }
    for _ in range(250):
        path, caller = random.choice(PATHS), random.choice(CALLERS)
        headers = [
            (
                name,
                random.choice([";", ",", ", ", " "]).join(
                    random.choices([*TOKENS, random.choice(tags)], k=random.randrange(1, 5))
                ),
            )
            for name in random.sample(FUZZED, random.randrange(1, 4))
            for _ in range(random.choice([1, 1, 2]))
        ]
        method = random.choice(["GET", "HEAD", "OPTIONS"])
        sent = [(name.encode(), value.strip().encode("latin-1")) for name, value in [*caller.items(), *headers]]
        request = client.build_request(method, path)
        request.headers = httpx.Headers([*request.headers.raw, *sent])
        response = await _send(client, request)
        check(method, dict(headers), response, plain[(path, *map(str, caller.values()))])
        if tag := response.headers.get("etag"):
            tags.append(tag)
    assert len(tags) > 20


async def _send(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """The response with its body as sent."""
    response = await client.send(request, stream=True)
    response._content = b"".join([part async for part in response.aiter_raw()])
    await response.aclose()
    return response


def check(method: str, headers: Mapping[str, str], response: httpx.Response, plain: httpx.Response) -> None:
    status, body = response.status_code, response.content
    if method == "OPTIONS":
        assert status == (404 if plain.status_code == 404 else 204)
    else:
        assert status in {
            plain.status_code,
            *((304,) if plain.is_success else ()),
            *((406,) if "Accept" in headers else ()),
        }
    assert "content-range" not in response.headers
    if method == "HEAD" or status in {204, 304}:
        assert body == b""
    if status == 304:
        assert "If-None-Match" in headers
        assert response.headers["etag"] == plain.headers["etag"]
    coding = response.headers.get("content-encoding", "")
    if coding:
        assert coding in headers["Accept-Encoding"] or "*" in headers["Accept-Encoding"]
    if method == "GET" and status == 200:
        assert json.loads(DECODE[coding](body)) == plain.json()
    assert re.fullmatch(r'W/"[!#-~]+"', response.headers.get("etag", 'W/"x"'))
    if "access-control-allow-origin" in response.headers:
        assert response.headers["access-control-allow-origin"] == ORIGIN == headers["Origin"].strip()


class SharedCache:
    """A cache that several callers share (RFC 9111), which never revalidates. `obeys`: the fields that it obeys.

    A cache in front of the service is often told to ignore one of them.
    """

    def __init__(self, client: httpx.AsyncClient, obeys: frozenset[str]) -> None:
        self._client, self._obeys = client, obeys
        self._stored: dict[str, list[tuple[Mapping[str, str | None], httpx.Response]]] = {}
        self.hits = 0

    async def get(self, path: str, headers: Mapping[str, str]) -> httpx.Response:
        request = self._client.build_request("GET", path, headers=dict(headers))
        for selecting, stored in self._stored.get(path, ()):
            if all(request.headers.get(name) == value for name, value in selecting.items()):
                self.hits += 1
                return stored
        response = await _send(self._client, request)
        if self._may_store(response):
            names = response.headers.get("vary", "").split(",") if "vary" in self._obeys else []
            selecting = {name.strip(): request.headers.get(name.strip()) for name in names if name.strip()}
            self._stored.setdefault(path, []).append((selecting, response))
        return response

    def _may_store(self, response: httpx.Response) -> bool:
        policy = response.headers.get("cache-control", "")
        return not ("cache-control" in self._obeys and re.search("private|no-store|no-cache", policy))


@pytest.mark.parametrize("obeys", [{"vary"}, {"cache-control"}, {"vary", "cache-control"}])
async def test_a_shared_cache_hands_nobody_anothers_answer(
    client: httpx.AsyncClient, seed: int, obeys: set[str]
) -> None:
    random, cache = Random(seed), SharedCache(client, frozenset(obeys))
    for _ in range(60):
        path, caller = random.choice(PATHS), random.choice(CALLERS)
        accepted = {"Accept-Encoding": random.choice(["", "gzip", "br", "identity"])}
        cached = await cache.get(path, {**caller, **accepted})
        own = await _send(client, client.build_request("GET", path, headers={**caller, **accepted}))
        assert cached.status_code == own.status_code
        assert _told(cached) == _told(own)
        assert cached.headers.get("content-encoding") == own.headers.get("content-encoding")
    assert cache.hits > 0 or obeys != {"vary"}


def _told(response: httpx.Response) -> Any:
    """What the answer says, without what belongs to its request alone."""
    answer = json.loads(DECODE[response.headers.get("content-encoding", "")](response.content))
    return {name: value for name, value in answer.items() if name not in {"requestId", "errors", "completeUntil"}}
