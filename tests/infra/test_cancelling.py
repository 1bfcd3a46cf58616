"""A cancelled task ends, even if a library swallows the cancellation."""

import asyncio

import pytest

from infra.cancelling import raise_if_cancelled, until_cancelled

pytestmark = pytest.mark.anyio


async def losing(waiting: asyncio.Event) -> None:
    """Swallows a cancellation, like wait_for() before Python 3.12 when the reply has arrived."""
    try:
        waiting.set()
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


async def test_a_lost_cancellation_is_heeded() -> None:
    waiting = asyncio.Event()

    async def work() -> None:
        await losing(waiting)
        await until_cancelled()

    task = asyncio.create_task(work())
    await waiting.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_for_ever_ends_when_cancelled() -> None:
    task = asyncio.create_task(until_cancelled())
    await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_a_task_that_was_not_cancelled_continues() -> None:
    task = asyncio.create_task(asyncio.sleep(0))
    task.cancel()
    await asyncio.wait([task])
    raise_if_cancelled()  # another task was cancelled
