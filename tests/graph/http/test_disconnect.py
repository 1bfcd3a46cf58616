"""Work goes on while somebody waits for it, and no longer."""

import asyncio

import pytest
from starlette.types import Message

from graph.http.disconnect import ClientDisconnectedError, cancel_on_disconnect

pytestmark = pytest.mark.anyio


async def stays() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_body_that_nobody_read_is_no_leaving() -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await stays()

    async def work() -> int:
        while messages:
            await asyncio.sleep(0)
        return 5

    assert await cancel_on_disconnect(receive, work()) == 5


async def leaves() -> Message:
    return {"type": "http.disconnect"}


async def test_whoever_stays_gets_the_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 5

    assert await cancel_on_disconnect(stays, work()) == 5


async def test_whoever_stays_hears_of_an_error() -> None:
    async def work() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cancel_on_disconnect(stays, work())


@pytest.mark.parametrize("last_words", [None, ZeroDivisionError])
async def test_whoever_leaves_ends_the_work_before_anything_else_goes_on(last_words: type[Exception] | None) -> None:
    closed = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)
            if last_words is not None:
                raise last_words

    with pytest.raises(ClientDisconnectedError):
        await cancel_on_disconnect(leaves, work())
    assert closed == [True]


async def test_cancelled_itself_it_cancels_the_work() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(cancel_on_disconnect(stays, work()))
    await started.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
