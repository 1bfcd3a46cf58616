"""That a connection is a session of its own, whatever stands between us and PostgreSQL.

Leases are locks of a session, and statements are prepared in one. A pooler that hands the server's session to somebody
else after each transaction leaves neither to us, so it is refused: docs/operations.md.
"""

import asyncio
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import asyncpg

from infra.errors import UsageError

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    _Connection = asyncpg.Connection[asyncpg.Record]
else:
    _Connection = asyncpg.Connection

PATIENCE: Final = 1.0  # seconds, for a second session: where a pooler has none to spare, nothing can be found out
PID: Final = "select pg_backend_pid()"
SHARED: Final = (
    "ANLYT_POSTGRES_DSN or ANLYT_POSTGRES_READ_DSN leads to a pooler that hands sessions on after each transaction; "
    "set `pool_mode = session` for this user and database, or name PostgreSQL itself."
)


class Session(_Connection):
    """Names its prepared statements as nobody else does.

    asyncpg counts them from 1 in each process. In a session that a pooler handed on, the name of one process's
    statement would run another's.
    """

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # as asyncpg passes them
        self._unique = uuid4().hex[:16]

    def _get_unique_id(self, prefix: str) -> str:
        """An identifier of SQL that needs no quotes: asyncpg's own, which begins with an underscore, comes first."""
        return f"{super()._get_unique_id(prefix)}_{self._unique}"  # type: ignore[misc]  # its stubs leave it out


async def require_session(connection: "_Connection | PoolConnectionProxy[asyncpg.Record]", dsn: str) -> None:
    """UsageError if a pooler was seen to hand the connection's session on. Without a pooler, one short statement."""
    try:
        pid = await connection.fetchval(PID)
        if pid == connection.get_server_pid():  # as the handshake said, in which poolers make one up
            return
        async with asyncio.timeout(PATIENCE):
            shared = await _is_shared(connection, dsn, pid)
    except asyncpg.InvalidSQLStatementNameError:  # it was prepared in another session
        shared = True
    except TimeoutError:
        return
    if shared:
        raise UsageError(SHARED)


async def _is_shared(connection: "_Connection | PoolConnectionProxy[asyncpg.Record]", dsn: str, pid: int) -> bool:
    """Whether a second client got the connection's backend, or drove it to another one."""
    other = await asyncpg.connect(dsn, timeout=PATIENCE, connection_class=Session)
    try:
        async with other.transaction():
            return bool(await other.fetchval(PID) == pid or await connection.fetchval(PID) != pid)
    finally:
        await other.close(timeout=PATIENCE)
