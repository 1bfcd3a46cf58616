"""The routes of insights: what they share with all HTTP endpoints."""

import socket

import pytest
from starlette.types import Message, Scope

from graph.app import create_app
from infra.clickhouse import open_clickhouse
from infra.postgres import Pool
from infra.settings import read_settings

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/v1/insights/mno-quality", "/v1/insights/cost-quality"])
async def test_a_disconnected_client_gets_no_response(pool: Pool, path: str) -> None:
    """No message is sent, and its query, which a silent engine never answers, is cancelled."""
    sent: list[Message] = []
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"x-caller", b"admin-dashboard")],
    }

    async def leaves() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"http://127.0.0.1:{silent.getsockname()[1]}/anlyt"
        async with open_clickhouse(dsn, statement_timeout=30) as clickhouse:
            app = create_app(read_settings({}), pool, {}, clickhouse=clickhouse, development=False)
            await app(scope, leaves, send)
    assert sent == []
