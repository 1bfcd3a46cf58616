"""Work runs while its client is connected, and is cancelled when the client disconnects."""

import asyncio

import pytest
from starlette.types import Message

from graph.http.disconnect import ClientDisconnectedError, cancel_on_disconnect

pytestmark = pytest.mark.anyio


async def connected() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def test_an_unread_body_is_no_disconnect() -> None:
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await connected()

    async def work() -> int:
        while messages:
            await asyncio.sleep(0)
        return 5

    assert await cancel_on_disconnect(receive, work()) == 5


async def disconnected() -> Message:
    return {"type": "http.disconnect"}


async def test_a_connected_client_gets_the_result() -> None:
    async def work() -> int:
        await asyncio.sleep(0)
        return 5

    assert await cancel_on_disconnect(connected, work()) == 5


async def test_a_connected_client_gets_the_error() -> None:
    async def work() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cancel_on_disconnect(connected, work())


@pytest.mark.parametrize("final_error", [None, ZeroDivisionError])
async def test_a_disconnect_cancels_the_work_and_waits_for_its_end(final_error: type[Exception] | None) -> None:
    closed = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)
            if final_error is not None:
                raise final_error

    with pytest.raises(ClientDisconnectedError):
        await cancel_on_disconnect(disconnected, work())
    assert closed == [True]


async def test_cancelling_the_request_cancels_the_work() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(cancel_on_disconnect(connected, work()))
    await started.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ended.is_set()
