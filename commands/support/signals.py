"""Runs a command until it is done, or until Ctrl-C or SIGTERM ends it in order."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, Final

import uvloop

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def run(command: Coroutine[Any, Any, None], on_signal: Callable[[], None]) -> None:
    """The first signal unwinds the command, which closes what it opened; further ones are ignored from then on.

    `on_signal` is called at the first one, before anything is closed.
    """
    if uvloop.run(_until_signal(command, on_signal)):
        for number in SIGNALS:  # the loop's handlers are gone, and the process is about to end with status 0
            signal.signal(number, signal.SIG_IGN)


async def _until_signal(command: Coroutine[Any, Any, None], on_signal: Callable[[], None]) -> bool:
    """Whether a signal ended it."""
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
