"""Kedro runs nodes and datasets in a thread; the clients of our stores live in the event loop. This is the way over."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import msgspec

from pipelines.stores import Stores

T = TypeVar("T")
P = TypeVar("P", bound=msgspec.Struct)


class Run:
    """A run under way: its stores, its parameters, and the loop that its thread calls into.

    `id` is that of its row in `anlyt.pipeline_runs`, 0 until there is one.
    """

    def __init__(self, stores: Stores, params: msgspec.Struct) -> None:
        self.stores, self.params, self.id = stores, params, 0
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._call: Future[Any] | None = None

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """From the thread: the result of `work`, or its error; concurrent.futures.CancelledError once stopped."""
        self._call = call = asyncio.run_coroutine_threadsafe(work, self._loop)
        if self._stopped:
            call.cancel()
        return call.result()

    def stop(self) -> None:
        """From the loop: cancels the call that the thread is waiting for, and those to come."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()


_current: Final[ContextVar[Run]] = ContextVar("run")


def current_params(kind: type[P]) -> P:
    """The parameters of the run that this thread works for; TypeError if another pipeline runs."""
    params = current().params
    if not isinstance(params, kind):
        raise TypeError(f"the parameters of this run are {type(params).__name__}, not {kind.__name__}")
    return params


def current() -> Run:
    """The run that this thread works for; LookupError outside of one."""
    return _current.get()


async def in_thread(run: Run, work: Callable[[], T]) -> T:
    """Does `work` in a thread in which `current()` is `run`. When cancelled, waits until the thread has ended."""
    _current.set(run)
    thread = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        run.stop()
        await asyncio.gather(thread, return_exceptions=True)
        raise
