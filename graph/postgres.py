"""PostgreSQL as the API uses it: whatever keeps it from answering is told in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from infra.errors import DependencyUnavailableError, RefusedError
from infra.metrics import PG_ERRORS
from infra.postgres import AWAY, Pool, told_as_unavailable

if TYPE_CHECKING:
    import asyncpg
    from asyncpg.pool import PoolConnectionProxy

# Seconds until a caller hears that PostgreSQL does not answer: under the 2 s that the API promises.
DEADLINE: Final = 1.5


@asynccontextmanager
async def promptly(operation: str) -> AsyncIterator[None]:
    """Whatever keeps PostgreSQL from answering is a DependencyUnavailableError within DEADLINE, and counted."""
    try:
        with told_as_unavailable():
            async with asyncio.timeout(DEADLINE):
                yield
    except DependencyUnavailableError as error:
        PG_ERRORS.labels(operation).inc()
        if isinstance(error, RefusedError):  # the server's words are not for callers
            raise DependencyUnavailableError(AWAY) from error
        raise


@asynccontextmanager
async def connected(pool: Pool) -> "AsyncIterator[PoolConnectionProxy[asyncpg.Record]]":
    """A connection of the pool; one that failed is neither used again nor waited for."""
    taken = await pool.acquire()
    try:
        yield taken
    except BaseException:
        taken.terminate()
        raise
    finally:
        await pool.release(taken)
