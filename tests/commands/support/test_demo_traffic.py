"""The demo's history ends when the process is told to."""

import asyncio

import pytest
from nats.aio.client import Client
from rich.progress import Progress

from commands.support import demo_traffic

pytestmark = pytest.mark.anyio


async def test_waiting_for_what_is_counted_ends_although_nats_py_lost_the_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asyncio.Event()

    async def behind(_: Client) -> int:
        assert not asked.is_set(), "asked again"
        try:
            asked.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:  # as wait_for() does before Python 3.12
            return 1
        raise AssertionError("nobody sets it")

    monkeypatch.setattr(demo_traffic, "_behind", behind)
    with Progress(disable=True) as progress:
        waiting = asyncio.create_task(demo_traffic._until_counted(Client(), progress, progress.add_task("counted"), 1))
        await asked.wait()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
