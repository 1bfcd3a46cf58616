"""Both GraphQL endpoints pass the audit of npm's graphql-http, and serve the client of graphql-sse."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509

from graph.app import create_app
from graph.gql.streams import MAX_PER_CALLER
from graph.http.server import serving
from infra.embedded.certificates import CLIENT, issue
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, portal
from tests.support.npm import run_node, start_node
from tests.support.regulator import audit_listener, make_certificates
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

SCRIPTS: Final = Path(__file__).parent / "conformance"
LIVE: Final = "subscription { liveThroughput(every: 1) { messages } }"


@pytest.fixture
async def closing() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def url(pool: Pool, closing: asyncio.Event) -> AsyncIterator[str]:
    app = create_app(read_settings({}), pool, {}, clickhouse=NO_CLICKHOUSE, development=True, closing=closing)
    async with serving(app, "127.0.0.1", 0) as served:
        yield f"{served}/graphql"


def check_audit(printed: str) -> None:
    """Allows notices only for two options: GET of other than persisted operations, and URL-encoded requests."""
    found = json.loads(printed)
    assert [each for each in found["complaints"] if not each["name"].startswith("MAY")] == []
    assert found["passed"] >= 50


async def test_the_api_passes_the_audit_of_graphql_over_http(url: str) -> None:
    check_audit(await run_node(SCRIPTS / "audit.cjs", url))


async def test_the_audit_listener_passes_the_audit_of_graphql_over_http(tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    pair = issue(certificates.authority, "portal", [x509.DNSName(CLIENT)])
    (tmp_path / "portal.pem").write_bytes(pair.key_pem() + pair.pem())
    async with audit_listener(certificates.files, development=True) as listener:
        check_audit(
            await run_node(SCRIPTS / "audit.cjs", f"{listener}/graphql", tmp_path / "portal.pem", tmp_path / "ca.pem")
        )


async def subscribed(url: str, caller: Mapping[str, str], query: str, count: int = 1) -> list[dict[str, Any]]:
    """The results that the client receives, in order."""
    printed = await run_node(SCRIPTS / "subscribe.cjs", url, json.dumps(dict(caller)), query, str(count))
    return [json.loads(line) for line in printed.splitlines()]


async def test_results_reach_the_client_of_graphql_sse(url: str) -> None:
    first, second, end = await subscribed(url, ADMIN, LIVE, 2)
    assert [*first["result"]["data"], *second["result"]["data"]] == ["liveThroughput"] * 2
    assert end == {"end": True}
    assert (await subscribed(url, ADMIN, "{ __typename }"))[0]["result"]["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("caller", "query", "code"),
    [
        (ADMIN, "subscription { nothing }", "INVALID_QUERY"),
        (ADMIN, "subscription {", "INVALID_QUERY"),
        (ADMIN, LIVE.replace("1", "0"), "INVALID_QUERY"),
        (portal("a"), LIVE, "FORBIDDEN"),
    ],
)
async def test_rejected_subscriptions_reach_the_client_with_the_reason(
    url: str, caller: Mapping[str, str], query: str, code: str
) -> None:
    refused, end = await subscribed(url, caller, query, 2)
    (error,) = refused["result"]["errors"]
    assert (error["extensions"]["code"], end) == (code, {"end": True})
    assert error["message"]


async def test_an_unknown_caller_gets_a_status(url: str) -> None:
    (refused,) = await subscribed(url, {}, LIVE)
    assert refused == {"error": "Server responded with 401: Unauthorized", "status": 401}


async def test_one_subscription_too_many_is_rejected(url: str) -> None:
    arguments = (SCRIPTS / "subscribe.cjs", url, json.dumps(dict(ADMIN)), LIVE, "1000")
    others = [await start_node(*arguments) for _ in range(MAX_PER_CALLER)]
    try:
        for each in others:
            assert each.stdout is not None
            assert b"result" in await each.stdout.readline()
        refused, _ = await subscribed(url, ADMIN, LIVE, 2)
        assert refused["result"]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    finally:
        for each in others:
            each.kill()
            await each.wait()


async def test_a_client_subscribes_again_after_a_server_stops(url: str, closing: asyncio.Event) -> None:
    """The client receives an error, after which it subscribes again by itself."""
    client = await start_node(SCRIPTS / "subscribe.cjs", url, json.dumps(dict(ADMIN)), LIVE, "1000")
    assert client.stdout is not None
    assert b"liveThroughput" in await client.stdout.readline()
    closing.set()
    *_, error, ended = [json.loads(line) for line in (await client.stdout.read()).splitlines()]
    await client.wait()
    assert error["result"]["errors"][0]["extensions"]["code"] == "DEPENDENCY_UNAVAILABLE"
    assert ended["error"] == "Connection closed while having active streams"
