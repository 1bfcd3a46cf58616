"""The client while ClickHouse is unavailable."""

import asyncio

import aiohttp
import pytest

from infra.clickhouse import connect

pytestmark = pytest.mark.anyio


async def test_who_is_told_to_end_while_a_failed_client_closes_ends(monkeypatch: pytest.MonkeyPatch) -> None:
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
