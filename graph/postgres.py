"""PostgreSQL as the API uses it: a server that is away is told in time, a slow one is waited for, up to a limit."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from graph.deadlines import EngineSilentError, EngineSlowError, TooSlowError, patiently
from infra.errors import DependencyUnavailableError, RefusedError
from infra.metrics import PG_ERRORS, REFUSED
from infra.postgres import AWAY, Connection, Pool, as_unavailable
from infra.probes import check_postgres

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

LIMIT: Final = 10.0  # seconds that work may take while the server lives
RECOVERY: Final = 5.0  # seconds for the server to end what nobody waits for

_TOO_SLOW: Final = (
    "PostgreSQL needed more than {:g} s and was told to stop; ask for a shorter window, or try again in a few seconds."
)

_recoveries: set["asyncio.Task[None]"] = set()  # the event loop keeps no reference to a task


@asynccontextmanager
async def with_deadline(operation: str, pool: Pool, limit: float | None = None) -> AsyncIterator[None]:
    """Bounds work in PostgreSQL, and counts what failed.

    DependencyUnavailableError within 1.5 s when the server is away; TooSlowError after `limit` seconds (LIMIT by
    default).
    """
    allowed = LIMIT if limit is None else limit
    try:
        with as_unavailable():
            try:
                async with patiently(partial(check_postgres, pool), allowed):
                    yield
            except (EngineSlowError, asyncpg.QueryCanceledError) as error:
                REFUSED.labels("postgres_slow").inc()
                raise TooSlowError(_TOO_SLOW.format(allowed)) from error
            except EngineSilentError as error:
                raise TimeoutError from error
    except TooSlowError:
        raise
    except DependencyUnavailableError as error:
        PG_ERRORS.labels(operation).inc()
        if isinstance(error, RefusedError):  # the server's words are not for callers
            raise DependencyUnavailableError(AWAY) from error
        raise


@asynccontextmanager
async def connected(pool: Pool) -> "AsyncIterator[PoolConnectionProxy[asyncpg.Record]]":
    """A connection of the pool. After an error nobody waits until it can be used again."""
    taken = await pool.acquire()
    try:
        yield taken
    except BaseException:  # also when nobody waits any more
        _in_background(_recover(pool, taken))
        raise
    await pool.release(taken)


@asynccontextmanager
async def transaction(connection: Connection, begin: str = "begin") -> AsyncIterator[None]:
    """Commits after the body. After an error `connected` ends it: to do so here would wait for a server that hangs."""
    await connection.execute(begin)
    yield
    await connection.execute("commit")


async def _recover(pool: Pool, taken: "PoolConnectionProxy[asyncpg.Record]") -> None:
    """A statement that was given up is cancelled in the server, and its transaction ended.

    A connection on which that fails is not used again.
    """
    try:
        async with asyncio.timeout(RECOVERY):
            await taken.execute("rollback")
    except Exception:  # whatever it was, the connection cannot be trusted
        taken.terminate()
    finally:
        await pool.release(taken)


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    _recoveries.add(task)
    task.add_done_callback(_recoveries.discard)
