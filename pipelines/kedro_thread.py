"""Lets datasets, which Kedro runs in a thread, call the stores' clients, which live in the event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import Any, Final, TypeVar

import msgspec

from pipelines.stores import Stores

T = TypeVar("T")
P = TypeVar("P", bound=msgspec.Struct)


class Run:
    """A run in progress: its stores, its parameters, and the event loop that its thread calls.

    `id`: the id of its row in `anlyt.pipeline_runs`, 0 until it has one.
    """

    def __init__(self, stores: Stores, params: msgspec.Struct) -> None:
        self.stores, self.params, self.id = stores, params, 0
        self._loop = asyncio.get_running_loop()
        self._stopped = False
        self._call: Future[Any] | None = None

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs `work` in the event loop and returns its result. Called from the thread.

        Raises the error of `work`, or concurrent.futures.CancelledError once the run is stopped.
        """
        self._call = call = asyncio.run_coroutine_threadsafe(work, self._loop)
        if self._stopped:
            call.cancel()
        return call.result()

    def stop(self) -> None:
        """Cancels the call that the thread waits for, and all later ones. Called from the event loop."""
        self._stopped = True
        if self._call is not None:
            self._call.cancel()


_current: Final[ContextVar[Run]] = ContextVar("run")


def current_params(kind: type[P]) -> P:
    """The parameters of the current run. Raises TypeError if they are of another kind."""
    params = current().params
    if not isinstance(params, kind):
        raise TypeError(f"the parameters of this run are {type(params).__name__}, not {kind.__name__}")
    return params


def current() -> Run:
    """The run of this thread. Raises LookupError outside a run."""
    return _current.get()


async def in_thread(run: Run, work: Callable[[], T]) -> T:
    """Runs `work` in a thread in which `current()` is `run`. When cancelled, waits until the thread has ended.

    The thread is the run's own. The event loop has few, and the drivers need them: runs that wait for drivers in all of
    them would wait for ever.
    """
    _current.set(run)
    with ThreadPoolExecutor(1, "pipeline") as threads:
        thread = asyncio.get_running_loop().run_in_executor(threads, copy_context().run, work)
        try:
            return await asyncio.shield(thread)
        except asyncio.CancelledError:
            run.stop()
            await asyncio.gather(thread, return_exceptions=True)
            raise
