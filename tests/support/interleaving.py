"""Runs tasks in PostgreSQL statement by statement, in a chosen order, and kills them at a chosen statement."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, Literal

import asyncpg

from infra.postgres import Connection
from infra.sessions import Session

Kill = Literal["before", "during"]
"""A session is killed before it sends a statement, or between a statement and its reply."""

PATIENCE: Final = 0.004  # seconds without a reply, after which the monitor is asked whether the statement is blocked
IS_BLOCKED: Final = "select cardinality(pg_blocking_pids($1)) > 0"
# What a task raises whose session is killed.
GONE: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


class SteppedTask:
    """A task, each statement of which waits for its turn. Its sessions have to be SteppedSessions.

    `statements`: those that have begun. `monitor`: a connection of no task.
    """

    def __init__(self, work: Callable[[], Awaitable[object]], monitor: Connection) -> None:
        self.statements: list[str] = []
        self._monitor = monitor
        self._at_statement, self._turn, self._is_free = asyncio.Event(), asyncio.Semaphore(0), False
        self._session: Session | None = None
        self._to_kill = False
        self._task = asyncio.create_task(self._run(work))

    async def _run(self, work: Callable[[], Awaitable[object]]) -> None:
        _current.set(self)
        await work()

    async def wait_for_turn(self, session: Session, sql: str) -> None:
        """Called by the session before each statement."""
        self._session = session
        if not self._is_free:
            self._at_statement.set()
            await self._turn.acquire()
        self.statements.append(sql)
        if self._to_kill:
            session.terminate()

    async def run(self, statements: int) -> bool:
        """Runs up to so many statements; stops at one that another session blocks. Returns whether more follow."""
        for _ in range(statements):
            if not await self._is_ready():
                break
            self._at_statement.clear()
            self._turn.release()
        await self._is_ready()
        return not self._task.done()

    async def kill(self, how: Kill) -> None:
        """Kills the session at its next statement, or during the blocked one; waits for the end of the task."""
        self._to_kill = await self._is_ready() and how == "before"
        self._free()
        for _ in range(3):  # turns of the event loop in which the statement is sent
            await asyncio.sleep(0)
        if self._session is not None:
            self._session.terminate()
        with suppress(*GONE):
            await self._task

    async def finish(self) -> None:
        """Runs the other statements. Raises what the task raises."""
        self._free()
        await self._task

    def _free(self) -> None:
        self._is_free = True
        self._turn.release()

    async def _is_ready(self) -> bool:
        """Waits for the statement that runs. Returns whether another one follows; False if it is blocked, too."""
        loop = asyncio.get_running_loop()
        ask_at = loop.time() + PATIENCE
        while not (self._at_statement.is_set() or self._task.done()):
            await asyncio.sleep(0.0002)
            if loop.time() > ask_at:
                if self._session and await self._monitor.fetchval(IS_BLOCKED, self._session.get_server_pid()):
                    return False
                ask_at = loop.time() + PATIENCE
        return not self._task.done()


_current: ContextVar[SteppedTask | None] = ContextVar("current", default=None)


class SteppedSession(Session):
    """A session whose statements wait for their turn. Outside of stepped tasks, it is as any other."""

    async def execute(self, query: str, *args: Any, **named: Any) -> str:
        await _wait_for_turn(self, query)
        return await super().execute(query, *args, **named)

    async def fetch(self, query: str, *args: Any, **named: Any) -> Any:
        await _wait_for_turn(self, query)
        return await super().fetch(query, *args, **named)


async def _wait_for_turn(session: Session, sql: str) -> None:
    if (task := _current.get()) is not None:
        await task.wait_for_turn(session, sql)
