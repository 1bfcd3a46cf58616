"""The lease of a pipeline, so that it runs once at a time: an advisory lock, freed when its holder dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from infra.errors import AnlytError
from infra.postgres import CONNECT_TIMEOUT, Connection, as_unavailable, connect

# PostgreSQL notices a vanished holder after a minute. Set by a statement, because PgBouncer refuses these parameters at
# connection start. Behind PgBouncer they apply to its server connection; it has its own keepalives for clients.
KEEPALIVES: Final = (
    "select set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)

TRY_LOCK: Final = "select pg_try_advisory_lock(hashtext('anlyt.pipeline'), hashtext($1))"
POLL_INTERVAL: Final = 0.2  # seconds


class PipelineBusyError(AnlytError):
    """Another process runs the pipeline now; nothing was done."""


@asynccontextmanager
async def lease(dsn: str, name: str, lost: Callable[[], None], patience: float = 0.0) -> AsyncIterator[Connection]:
    """Holds the lock of the pipeline `name` on a connection of its own, and yields that connection.

    Raises PipelineBusyError if another run still holds it after `patience` seconds. Calls `lost` if the connection, and
    so the lock, breaks while the body runs.
    """
    with as_unavailable():
        connection = await connect(dsn, application="anlyt pipeline")
    try:
        await connection.execute(KEEPALIVES)
        if not await _acquired(connection, name, patience):
            raise PipelineBusyError(f"Pipeline {name} is running in another process; nothing was done.")

        def on_termination(_: Connection) -> None:
            lost()

        connection.add_termination_listener(on_termination)
        yield connection
        connection.remove_termination_listener(on_termination)
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)


async def _acquired(connection: Connection, name: str, patience: float) -> bool:
    """Whether the lock was acquired within `patience` seconds."""
    deadline = monotonic() + patience
    while not await connection.fetchval(TRY_LOCK, name):
        if monotonic() >= deadline:
            return False
        await asyncio.sleep(POLL_INTERVAL)
    return True
