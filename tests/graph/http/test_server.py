"""The server: free ports, addresses in use, and running requests at its stop."""

import asyncio
import re
import socket
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from graph.app import create_app
from graph.http.server import serving
from infra.errors import UsageError
from infra.postgres import Pool
from infra.settings import read_settings
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio


async def test_port_0_selects_a_free_port(pool: Pool) -> None:
    app = create_app(read_settings({}), pool, {}, clickhouse=NO_CLICKHOUSE, development=False)
    async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url) as client:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", url)
        response = await client.get("/health/live")
        assert response.status_code == 200
        assert "server" not in response.headers
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url)


async def test_a_port_in_use_is_an_error_of_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(UsageError, match=f"ANLYT_API_PORT: port {port} of 127.0.0.1 is in use"):
            async with serving(never, "127.0.0.1", port):
                pass


async def never(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError


async def test_running_requests_are_finished_at_the_stop() -> None:
    received, go_on = asyncio.Event(), asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        received.set()
        await go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    async with httpx.AsyncClient() as client:
        async with serving(slow, "127.0.0.1", 0) as url:
            answer: asyncio.Task[Any] = asyncio.create_task(client.get(url))
            await received.wait()
            asyncio.get_running_loop().call_later(0.2, go_on.set)
        assert (await answer).text == "done"
