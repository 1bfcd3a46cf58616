"""Runs a command to its end, or until Ctrl-C or SIGTERM stops it in order."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run(command: Coroutine[Any, Any, None], on_signal: Callable[[], None]) -> None:
    """Runs a command. The first signal cancels it, so that it closes its resources; further signals are ignored.

    Calls `on_signal` at the first signal, before anything is closed.
    """
    if uvloop.run(_until_signal(command, on_signal)):
        for number in SIGNALS:  # the handlers ended with the loop, and the process is about to end with status 0
            signal.signal(number, signal.SIG_IGN)


async def _until_signal(command: Coroutine[Any, Any, None], on_signal: Callable[[], None]) -> bool:
    """Returns whether a signal stopped the command."""
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(command)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            task.cancel()
            on_signal()

    for number in SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
    return stopped
