"""HEAD and OPTIONS on every path, and CORS for listed origins only."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256

import httpx
import pytest

from graph.app import create_app
from graph.gql.streams import MAX_PER_CALLER
from graph.http.server import serving
from graph.rest.endpoints import ENDPOINTS
from infra.errors import UsageError
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, Api
from tests.graph.support.problems import check_problem
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

PORTAL = "https://portal.example"
SUMMARY = ENDPOINTS[0].path
LIVE = "subscription Live { liveThroughput(every: 1) { messages } }"
WINDOW = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-09T00:00:00Z"}
PATHS = [
    *(each.path.format(id="a", day="2026-10-01") for each in ENDPOINTS),
    "/v1/anlyt/catalog",
    "/openapi.json",
    "/health/live",
]
# Different at each request, or not sent by HEAD's way of reading the body.
CHANGING = {"date", "x-request-id", "server-timing"}


@pytest.fixture(scope="module")
async def server(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server, which pages of PORTAL may call."""
    operations = tmp_path_factory.mktemp("operations") / "operations.json"
    operations.write_text(json.dumps({sha256(LIVE.encode()).hexdigest(): LIVE}))
    settings = read_settings(
        {"ANLYT_CORS_ORIGINS": f"{PORTAL},http://localhost:5173", "ANLYT_PERSISTED_OPERATIONS": str(operations)}
    )
    app = create_app(settings, pool, {}, clickhouse=NO_CLICKHOUSE, development=True)
    async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, headers=dict(ADMIN)) as client:
        yield client


@pytest.mark.parametrize("path", [*PATHS, "/graphql", "/nothing", "/v1/anlyt/query"])
async def test_head_has_the_headers_of_get_and_no_body(server: httpx.AsyncClient, path: str) -> None:
    """Also of errors, of compressed answers, and over one connection, which a body would confuse."""
    parameters = WINDOW if "analytics" in path else {}
    headers = {"Accept-Encoding": "gzip"}
    got, head = [await server.request(each, path, params=parameters, headers=headers) for each in ("GET", "HEAD")]
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert _lasting(head) == _lasting(got)


async def test_head_of_a_stream_ends_at_its_headers(server: httpx.AsyncClient) -> None:
    """More often than a caller may have streams open, so each one has ended."""
    for _ in range(MAX_PER_CALLER + 1):
        operation = {"documentId": sha256(LIVE.encode()).hexdigest()}
        head = await server.head("/graphql", params=operation, headers={"Accept": "text/event-stream"})
        assert (head.status_code, head.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")


@pytest.mark.parametrize("path", PATHS)
async def test_options_lists_the_methods_without_an_identity(server: httpx.AsyncClient, path: str) -> None:
    response = await server.options(path, headers={"X-Caller": ""})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"


async def test_options_lists_the_methods_of_all_routes_of_a_path(server: httpx.AsyncClient) -> None:
    assert (await server.options("/graphql")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await server.options("/v1/anlyt/query")).headers["allow"] == "OPTIONS, POST"
    check_problem(await server.options("/nothing"), 404, "NOT_FOUND")


async def test_a_page_of_a_listed_origin_may_call(server: httpx.AsyncClient) -> None:
    preflight = await server.options(
        "/v1/anlyt/query", headers={"Origin": PORTAL, "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == PORTAL
    assert preflight.headers["access-control-allow-methods"] == "OPTIONS, POST"
    assert {"X-Caller", "Content-Type", "If-None-Match"} <= _listed(preflight, "access-control-allow-headers")
    for path, status in [(SUMMARY, 200), ("/nothing", 404)]:
        response = await server.get(path, params=WINDOW, headers={"Origin": PORTAL})
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == PORTAL
        assert {"RateLimit", "X-Request-Id"} <= _listed(response, "access-control-expose-headers")


@pytest.mark.parametrize("origin", ["https://portal.example.evil", "http://portal.example", "null", "*", PORTAL + "/"])
async def test_other_origins_get_no_permission(server: httpx.AsyncClient, origin: str) -> None:
    preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for response in [
        await server.options(SUMMARY, headers=preflight),
        await server.get(SUMMARY, params=WINDOW, headers={"Origin": origin}),
    ]:
        assert response.is_success
        assert not [name for name in response.headers if name.startswith("access-control")]
        assert "Origin" in _listed(response, "vary")


async def test_without_the_setting_no_origin_is_listed(api: Api) -> None:
    response = await api.get("/summary", {**ADMIN, "Origin": PORTAL}, **WINDOW)
    assert not [name for name in response.headers if name.startswith("access-control")]
    assert "Origin" not in _listed(response, "vary")


@pytest.mark.parametrize(
    "origins", ["*", "null", "portal.example", f"{PORTAL}/", f"{PORTAL}:443", "https://A.example", f"{PORTAL},"]
)
def test_a_wrong_origin_is_refused_at_the_start(origins: str) -> None:
    with pytest.raises(UsageError, match="ANLYT_CORS_ORIGINS must be none, or origins as browsers send them"):
        read_settings({"ANLYT_CORS_ORIGINS": origins})


def _lasting(response: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in CHANGING}


def _listed(response: httpx.Response, name: str) -> set[str]:
    return {each.strip() for each in response.headers.get(name, "").split(",")}
