"""Runs a command until it is done, or until Ctrl-C or SIGTERM ends it in order."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop


def run(command: Coroutine[Any, Any, None]) -> None:
    """The first signal unwinds the command, which closes what it opened; further ones are ignored meanwhile."""
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
