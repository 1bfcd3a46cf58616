"""One run of a pipeline at a time: a lock that PostgreSQL frees by itself when its holder dies."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from infra.errors import AnlytError
from infra.postgres import CONNECT_TIMEOUT, Connection, told_as_unavailable

# A holder whose machine vanished is noticed after a minute.
SESSION: Final = {
    "timezone": "UTC",
    "application_name": "anlyt pipeline",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}


class PipelineBusyError(AnlytError):
    """Another process runs the pipeline right now; nothing was done."""


@asynccontextmanager
async def lease(dsn: str, name: str, lost: Callable[[], None]) -> AsyncIterator[Connection]:
    """Holds the lock of the pipeline `name` on a connection of its own, which it yields; PipelineBusyError if taken.

    `lost` is called if the connection, and so the lock, goes while the body runs. The DSN has to lead to a server, or
    to a pooler that gives each connection a session.
    """
    with told_as_unavailable():
        connection = await asyncpg.connect(dsn, timeout=CONNECT_TIMEOUT, server_settings=SESSION)
    try:
        if not await connection.fetchval("select pg_try_advisory_lock(hashtext('anlyt.pipeline'), hashtext($1))", name):
            raise PipelineBusyError(f"Pipeline {name} is running in another process; nothing was done.")

        def on_termination(_: Connection) -> None:
            lost()

        connection.add_termination_listener(on_termination)
        yield connection
        connection.remove_termination_listener(on_termination)
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)
