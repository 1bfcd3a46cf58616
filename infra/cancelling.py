"""Cancellations that a library swallowed.

nats-py waits for replies with wait_for(). Before Python 3.12, it swallows a cancellation that arrives together with
the reply. Code that continues after such a wait calls `raise_if_cancelled`.
"""

import asyncio
from typing import NoReturn


def raise_if_cancelled() -> None:
    """Raises CancelledError if this task was cancelled."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def until_cancelled() -> NoReturn:
    """Waits until this task is cancelled. Raises CancelledError, immediately if the task was cancelled before."""
    raise_if_cancelled()
    while True:
        await asyncio.Event().wait()
