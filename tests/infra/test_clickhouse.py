"""The client while ClickHouse is unavailable."""

import asyncio

import aiohttp
import clickhouse_connect
import pytest

from infra.clickhouse import connect, open_clickhouse
from infra.errors import DependencyUnavailableError

pytestmark = pytest.mark.anyio


async def test_a_task_that_is_cancelled_while_a_failed_client_closes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    closing = asyncio.Event()

    async def close(_: aiohttp.ClientSession) -> None:
        closing.set()
        await asyncio.Event().wait()

    async def work() -> None:
        async with connect("http://127.0.0.1:1/anlyt"):
            raise AssertionError("nobody listens there")

    monkeypatch.setattr(aiohttp.ClientSession, "close", close)
    task = asyncio.create_task(work())
    await closing.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_client_that_connects_during_the_close_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    connecting, go_on, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Client:
        async def close(self) -> None:
            closed.set()

    async def get_async_client(**_: object) -> Client:
        connecting.set()
        await go_on.wait()
        return Client()

    monkeypatch.setattr(clickhouse_connect, "get_async_client", get_async_client)
    async with open_clickhouse("http://127.0.0.1:1/anlyt", statement_timeout=1) as opened:
        background = asyncio.create_task(opened.client())
        await connecting.wait()
    go_on.set()
    with pytest.raises(DependencyUnavailableError):
        await background
    assert closed.is_set()
    with pytest.raises(DependencyUnavailableError):
        await opened.client()
