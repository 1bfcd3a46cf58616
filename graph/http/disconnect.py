"""Work that is given up when the client who asked for it has left."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from starlette.types import Receive

T = TypeVar("T")

SOON: Final = 0.05  # seconds: work that is done by then need not know whether its client is still there


class ClientDisconnectedError(Exception):
    """Nobody is there to be answered."""


async def cancel_on_disconnect(receive: Receive, work: Awaitable[T]) -> T:
    """The result of `work`; ClientDisconnectedError when the client leaves first, and `work` is cancelled.

    What is left of the request's body is lost.
    """
    working = asyncio.ensure_future(work)
    # Given up, it may still fail; then nobody asks how.
    working.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait([working], timeout=SOON)
        if not working.done():
            await _done_or_left(working, receive)
        return working.result()
    finally:
        working.cancel()
        # Cancelled work still has to close what it opened.
        await asyncio.wait([working])


async def _done_or_left(working: "asyncio.Future[Any]", receive: Receive) -> None:
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnectedError
    finally:
        leaving.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
