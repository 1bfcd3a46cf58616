"""Runs wait for the stores' clients in threads of their own."""

import asyncio
import os

import msgspec
import pytest

from pipelines.kedro_thread import Run, current, in_thread
from pipelines.stores import Stores

pytestmark = pytest.mark.anyio


class NoParams(msgspec.Struct): ...


async def test_many_runs_leave_threads_to_the_drivers(stores: Stores) -> None:
    """All of them wait for a client at the same time, and a client may need a thread of the event loop."""
    at_once = (os.cpu_count() or 1) + 5  # the event loop has one thread less
    all_wait = asyncio.Barrier(at_once)

    async def client() -> int:
        await all_wait.wait()
        return await asyncio.to_thread(int, "1")

    def work() -> int:
        return current().call(client())

    async with asyncio.timeout(60):
        found = await asyncio.gather(*(in_thread(Run(stores, NoParams()), work) for _ in range(at_once)))
    assert found == [1] * at_once
