"""Cancellations that a library lost: before Python 3.12, wait_for(), in which nats-py waits for replies, swallows one
that comes together with the reply. Whoever goes on after such a wait asks here whether it should.
"""

import asyncio
from typing import NoReturn


def raise_if_cancelled() -> None:
    """CancelledError if this task was told to end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def until_cancelled() -> NoReturn:
    """Until this task is cancelled, or at once if it was."""
    raise_if_cancelled()
    while True:
        await asyncio.Event().wait()
