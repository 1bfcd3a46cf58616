"""An engine that runs in a folder: its handle, and context managers that start and stop it."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from infra.embedded import folder as folders
from infra.embedded import log as logs
from infra.embedded import ports, process
from infra.embedded.recipe import EngineName, Recipe, StopMode
from infra.errors import EngineFailedError

# Seconds. Long, because a database may replay its log after a crash, and flushes its memory when it stops.
START_LIMIT, STOP_LIMIT = 120, 60
POLL = 0.005


class PortTakenError(EngineFailedError):
    """Another program listens on the engine's port."""


class Engine:
    """A handle on one engine, for the event loop that created it. Folder and port stay the same over restarts."""

    def __init__(self, recipe: Recipe, folder: Path, port: int, lock: int) -> None:
        self.folder, self.log = folder, folder / "engine.log"
        self._recipe, self._port, self._lock = recipe, port, lock
        self._process: process.Process | None = None
        self._log_begin = 0
        self._changing = asyncio.Lock()

    def __repr__(self) -> str:
        state = f"pid {self.pid}" if self.running else "stopped"
        return f"<{self.name} at {self.url} in {self.folder}, {state}>"

    @property
    def name(self) -> EngineName:
        return self._recipe.name

    @property
    def port(self) -> int:
        """The port; 0 until the first start picks a free one."""
        return self._port

    @property
    def url(self) -> str:
        return self._recipe.address.format(port=self.port)

    @property
    def dsn(self) -> str:
        """The same as `url`; databases call it a DSN."""
        return self.url

    @property
    def pid(self) -> int:
        """The pid of the engine's main process, also after it has ended."""
        return self._latest().pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    async def start(self) -> None:
        """Starts the engine unless it runs, and returns when it accepts connections.

        Replaces port 0 by a free one for good. Raises EngineFailedError with the end of the log.
        """
        async with self._changing:
            if self.running:
                return
            await self._recipe.make(self.folder, self._lock)
            await (self._start() if self.port else self._start_on_free_port())

    async def stop(self, mode: StopMode = "clean") -> None:
        """Stops the engine, and returns when all of its processes are gone."""
        async with self._changing:
            if not self.running:
                return
            self._latest().signal(self._recipe.stop_signal(mode))
            try:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._latest().ended(), STOP_LIMIT)
            finally:
                # Without an await in between: a cancelled stop leaves no engine behind either.
                self._latest().kill()
            await self._latest().ended()

    async def kill(self) -> None:
        """Sends SIGKILL to all processes of the engine, and returns when they are gone."""
        if self._process is not None:
            self._process.kill()
            await self._process.ended()

    async def exited(self) -> str:
        """Waits until the running engine has ended for any reason. Returns the cause and the end of its log."""
        status = await self._latest().ended()
        cause = signal.Signals(status - 128).name if status > 128 else f"exit status {status}"
        return f"{self.name} in {self.folder} ended with {cause}.{logs.tail(self.log, self._log_begin)}"

    async def _start_on_free_port(self) -> None:
        attempts, self._port = ports.ATTEMPTS, ports.last_port(self.folder)
        while not self.running:
            attempts -= 1
            try:
                await self._start()
            except PortTakenError:
                self._port = ports.free_port() if attempts else 0
                if not attempts:
                    raise
        ports.remember(self.folder, self._port)

    async def _start(self) -> None:
        self._recipe.prepare(self.folder, self.port)
        self._log_begin = logs.begin(self.log)
        launch = self._recipe.launch(self.folder, self.port)
        self._process = await process.start(launch, self.log, inherit=[self._lock])
        try:
            await self._until_ready()
            await self._until_settled()
        except BaseException:  # a cancellation, too, leaves no engine behind
            await self.kill()
            raise

    async def _until_ready(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_LIMIT
        while not self._recipe.is_ready(self.folder, self.pid):
            if not self.running:
                raise await self._early_exit()
            if asyncio.get_running_loop().time() > deadline:
                text = f"{self.name} in {self.folder} was not ready after {START_LIMIT} s."
                raise EngineFailedError(text + logs.tail(self.log, self._log_begin))
            await asyncio.sleep(POLL)

    async def _until_settled(self) -> None:
        settling, exiting = asyncio.create_task(self._recipe.settle(self.port)), asyncio.create_task(self._early_exit())
        try:
            await asyncio.wait((settling, exiting), return_when=asyncio.FIRST_COMPLETED)
            if exiting.done():
                raise exiting.result()
            settling.result()
        finally:
            settling.cancel()
            exiting.cancel()
            await asyncio.gather(settling, exiting, return_exceptions=True)

    async def _early_exit(self) -> EngineFailedError:
        """Waits until the engine has ended. Returns the error that says why it did not start."""
        text = await self.exited()
        return (PortTakenError if ports.is_taken_error(text) else EngineFailedError)(text)

    def _latest(self) -> process.Process:
        if self._process is None:
            raise EngineFailedError(f"{self.name} in {self.folder} was not started.")
        return self._process


@asynccontextmanager
async def claimed(recipe: Recipe, folder: Path, port: int) -> AsyncIterator[Engine]:
    """An engine in `folder`, not started yet; stopped when the body ends. Creates the folder.

    Raises FolderInUseError.
    """
    async with folders.claimed(folder) as lock:
        engine = Engine(recipe, folder, port, lock)
        try:
            yield engine
        finally:
            await engine.stop()


@asynccontextmanager
async def started(recipe: Recipe, folder: Path, port: int) -> AsyncIterator[Engine]:
    """A running engine in `folder`. Raises FolderInUseError and EngineFailedError."""
    async with claimed(recipe, folder, port) as engine:
        await engine.start()
        yield engine
