"""The client while ClickHouse is unavailable, and when its password changes."""

import asyncio
from pathlib import Path

import aiohttp
import clickhouse_connect
import pytest

from infra.clickhouse import connect, open_clickhouse
from infra.embedded.engine import Engine
from infra.errors import DependencyUnavailableError
from infra.settings import read_settings
from tests.support.regulator import write

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


async def test_a_replaced_password_is_used_by_the_next_statement(clickhouse: Engine, tmp_path: Path) -> None:
    """The engine here has no users, so it accepts both passwords."""
    write(file := tmp_path / "dsn", clickhouse.dsn.replace("default:@", "default:one@").encode())
    dsn = read_settings({"ANLYT_CLICKHOUSE_DSN_FILE": str(file)}).clickhouse_dsn
    assert dsn is not None
    async with open_clickhouse(dsn, statement_timeout=30) as opened:
        first = await opened.client()
        assert await opened.client() is first
        write(file, clickhouse.dsn.replace("default:@", "default:two@").encode())
        second = await opened.client()
        assert second is not first
        for client in (first, second):  # statements of the first one may still run
            assert (await client.query("select 1")).result_rows == [(1,)]
