"""Cancels a request's work when its client disconnects."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from starlette.types import Receive

T = TypeVar("T")

GRACE: Final = 0.05  # seconds; work that ends earlier is not watched, which saves its cost


class ClientDisconnectedError(Exception):
    """The client left before its response was ready."""


async def cancel_on_disconnect(receive: Receive, work: Awaitable[T]) -> T:
    """Returns the result of `work`. When the client leaves first, cancels it and raises ClientDisconnectedError.

    Consumes the rest of the request's body.
    """
    task = asyncio.ensure_future(work)
    # Cancelled work may still fail; retrieving the error keeps asyncio from logging it.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait([task], timeout=GRACE)
        if not task.done():
            await _wait_for_result_or_disconnect(task, receive)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])  # cancelled work still closes its resources


async def _wait_for_result_or_disconnect(task: "asyncio.Future[Any]", receive: Receive) -> None:
    disconnect = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait([task, disconnect], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise ClientDisconnectedError
    finally:
        disconnect.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
