"""How many sessions of PostgreSQL execute a statement, and how many of them wait for a lock."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from bench.stores import Stores
from infra.postgres import Connection

LOOK: Final = 0.02  # seconds between two looks
# A statement is named by the first of our tables in it.
SESSIONS: Final = r"""
select coalesce(wait_event_type = 'Lock', false) as waits,
    coalesce(substring(query from 'anlyt\.(\w+)'), left(query, 20)) as statement
from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()
"""
DEADLOCKS: Final = "select deadlocks from pg_stat_database where datname = current_database()"


class LockWatch:
    """Counts sessions again and again, until `end`; the figures are means over all looks."""

    def __init__(self, connection: Connection, deadlocks: int) -> None:
        self._connection, self._before = connection, deadlocks
        self._looks, self._active, self._waiting = 0, 0, Counter[str]()
        self._task = asyncio.create_task(self._look())
        self.deadlocks = 0

    async def end(self) -> None:
        """Ends the looks, and counts the deadlocks since the beginning."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self.deadlocks = await self._connection.fetchval(DEADLOCKS) - self._before

    @property
    def active(self) -> float:
        """Sessions that execute a statement, those that wait among them."""
        return self._active / self._looks

    @property
    def waiting(self) -> Mapping[str, float]:
        """Sessions that wait for a lock, by statement, the most first."""
        return {statement: count / self._looks for statement, count in self._waiting.most_common()}

    async def _look(self) -> None:
        while True:
            sessions = await self._connection.fetch(SESSIONS)
            self._looks += 1
            self._active += len(sessions)
            self._waiting.update(each["statement"] for each in sessions if each["waits"])
            await asyncio.sleep(LOOK)


@asynccontextmanager
async def lock_watch(engines: Stores) -> AsyncIterator[LockWatch]:
    """A watch over a connection of its own."""
    async with engines.connection() as connection:
        yield LockWatch(connection, await connection.fetchval(DEADLOCKS))
