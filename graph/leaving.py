"""Work that is given up when the client who asked for it has left."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

T = TypeVar("T")


class ClientGoneError(Exception):
    """Nobody is there to be answered."""


async def unless_gone(receive: Receive, work: Awaitable[T]) -> T:
    """The result of `work`; ClientGoneError when the client leaves first, and `work` is cancelled.

    What is left of the request's body is lost.
    """
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_left(receive))
    # Given up, it may still fail; then nobody asks how.
    working.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        return working.result()
    finally:
        leaving.cancel()
        working.cancel()
        # Cancelled work still has to close what it opened.
        await asyncio.wait([working])


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
