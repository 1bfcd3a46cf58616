"""A cancellation ends the publication of the demo's history."""

import asyncio

import pytest
from nats.aio.client import Client
from rich.progress import Progress

from commands.support import demo_traffic

pytestmark = pytest.mark.anyio


async def test_waiting_for_what_is_counted_ends_although_nats_py_lost_the_cancellation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queried = asyncio.Event()

    async def behind(_: Client) -> int:
        assert not queried.is_set(), "queried twice"
        try:
            queried.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:  # swallows the cancellation, as wait_for() does before Python 3.12
            return 1
        raise AssertionError("nobody sets it")

    monkeypatch.setattr(demo_traffic, "_behind", behind)
    with Progress(disable=True) as progress:
        waiting = asyncio.create_task(demo_traffic._until_counted(Client(), progress, progress.add_task("counted"), 1))
        await queried.wait()
        waiting.cancel()
        await asyncio.wait([waiting])
        assert waiting.cancelled()
