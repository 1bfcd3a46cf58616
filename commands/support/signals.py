"""Runs a command to its end, or until Ctrl-C or SIGTERM stops it in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop


def run(command: Coroutine[Any, Any, None]) -> None:
    """Runs a command. The first signal cancels it, so that it closes its resources; further signals are ignored."""
    uvloop.run(_until_signal(command))


async def _until_signal(command: Coroutine[Any, Any, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(command)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
