"""One run of a pipeline at a time: a lock that PostgreSQL frees by itself when its holder dies."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

from infra.errors import AnlytError
from infra.postgres import CONNECT_TIMEOUT, Connection, as_unavailable, connect

# A holder whose machine vanished is noticed after a minute. Not in the handshake, in which PgBouncer refuses them;
# behind it, they are of its connection to PostgreSQL, and it has keepalives of its own for ours.
KEEPALIVES: Final = (
    "select set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false), "
    "set_config('tcp_keepalives_count', '3', false)"
)

TRY: Final = "select pg_try_advisory_lock(hashtext('anlyt.pipeline'), hashtext($1))"
AGAIN: Final = 0.2  # seconds


class PipelineBusyError(AnlytError):
    """Another process runs the pipeline right now; nothing was done."""


@asynccontextmanager
async def lease(dsn: str, name: str, lost: Callable[[], None], patience: float = 0.0) -> AsyncIterator[Connection]:
    """Holds the lock of the pipeline `name` on a connection of its own, which it yields.

    PipelineBusyError if it is still taken after `patience` seconds. `lost` is called if the connection, and so the
    lock, goes while the body runs.
    """
    with as_unavailable():
        connection = await connect(dsn, application="anlyt pipeline")
    try:
        await connection.execute(KEEPALIVES)
        if not await _taken(connection, name, patience):
            raise PipelineBusyError(f"Pipeline {name} is running in another process; nothing was done.")

        def on_termination(_: Connection) -> None:
            lost()

        connection.add_termination_listener(on_termination)
        yield connection
        connection.remove_termination_listener(on_termination)
    finally:
        await connection.close(timeout=CONNECT_TIMEOUT)


async def _taken(connection: Connection, name: str, patience: float) -> bool:
    """Whether the lock could be taken."""
    deadline = monotonic() + patience
    while not await connection.fetchval(TRY, name):
        if monotonic() >= deadline:
            return False
        await asyncio.sleep(AGAIN)
    return True
