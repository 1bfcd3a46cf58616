"""Sessions of PostgreSQL, and the check that a pooler does not share ours with others.

Leases are session locks, and prepared statements belong to a session. A pooler that passes the server's session on
after each transaction breaks both, so it is refused: docs/operations.md.
"""

import asyncio
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import asyncpg
from asyncpg import connect_utils

from infra.errors import UsageError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection

SESSION_TIMEOUT: Final = 1.0  # seconds, for a second session: if the pooler has none free, the check is skipped
PID: Final = "select pg_backend_pid()"
SHARED: Final = (
    "ANLYT_POSTGRES_DSN or ANLYT_POSTGRES_READ_DSN leads to a pooler that hands sessions on after each transaction; "
    "set `pool_mode = session` for this user and database, or name PostgreSQL itself."
)


class _TLSUpgrade(connect_utils.TLSUpgradeProto):
    """asyncpg's request for TLS, without an error that nobody awaits.

    If its task is cancelled just when the connection opens, asyncpg leaves a future with an error behind, and the event
    loop logs that with a traceback.
    """

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if not self.on_data.cancelled():
            self.on_data.exception()


connect_utils.TLSUpgradeProto = _TLSUpgrade  # type: ignore[misc]  # asyncpg has no parameter for it


class Session(_Connection):
    """A connection whose prepared statements have unique names, and which knows whether its last statement ended.

    asyncpg numbers statements from 1 in each process. In a session shared through a pooler, a name would run another
    process's statement.
    """

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # as asyncpg passes them
        self._unique, self._is_executing = uuid4().hex[:16], False

    def _get_unique_id(self, prefix: str) -> str:
        """An SQL identifier that needs no quotes: it begins with asyncpg's own, which begins with an underscore."""
        return f"{super()._get_unique_id(prefix)}_{self._unique}"  # type: ignore[misc]  # its stubs leave it out

    async def _do_execute(self, *arguments: Any, **named: Any) -> Any:
        self._is_executing = True
        result = await super()._do_execute(*arguments, **named)  # type: ignore[misc]  # its stubs leave it out
        self._is_executing = False
        return result

    async def end_abandoned(self) -> None:
        """Ends what an abandoned or failed statement left open. Costs one statement then, and nothing otherwise.

        asyncpg sends no Sync after it has parsed a statement. If its task is cancelled there, the server's transaction
        stays open, and asyncpg does not notice.
        """
        if self._is_executing:
            await self.execute("rollback")
            self._is_executing = False


async def require_session(connection: "_Connection | PoolConnectionProxy[asyncpg.Record]", dsn: str) -> None:
    """Raises UsageError if a pooler shares the connection's session. Costs one short statement without a pooler."""
    try:
        pid = await connection.fetchval(PID)
        if pid == connection.get_server_pid():  # as in the handshake: a pooler would have sent an invented one
            return
        async with asyncio.timeout(SESSION_TIMEOUT):
            shared = await _is_shared(connection, dsn, pid)
    except asyncpg.InvalidSQLStatementNameError:  # the statement was prepared in another session
        shared = True
    except TimeoutError:
        return
    if shared:
        raise UsageError(SHARED)


async def _is_shared(connection: "_Connection | PoolConnectionProxy[asyncpg.Record]", dsn: str, pid: int) -> bool:
    """Whether a second client gets the connection's backend, or moves the connection to another backend."""
    other = await asyncpg.connect(dsn, timeout=SESSION_TIMEOUT, connection_class=Session)
    try:
        async with other.transaction():
            return bool(await other.fetchval(PID) == pid or await connection.fetchval(PID) != pid)
    finally:
        await other.close(timeout=SESSION_TIMEOUT)
