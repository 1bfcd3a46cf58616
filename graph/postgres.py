"""Bounds the API's work in PostgreSQL: reports a silent server quickly, and waits for a slow one up to a limit."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import asyncpg

from graph.deadlines import EngineSilentError, EngineSlowError, TooSlowError, while_engine_answers
from infra.errors import DependencyUnavailableError, RefusedError
from infra.metrics import PG_ERRORS, REFUSED
from infra.postgres import AWAY, Connection, Pool, as_unavailable
from infra.probes import check_postgres

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

Operation: TypeAlias = Literal[
    "report",
    "signing_key",
    "pseudonyms",
    "unmasking_log",
    "integrity_links",
    "audit_access_log",
    "exports",
    "tlog",
    "export_signing_key",
    "anlyt.query_exports",
    "anlyt.audit_exports",
]

# Exposed at 0: Prometheus sees no increase in a counter that begins at 6.
for _operation in get_args(Operation):
    PG_ERRORS.labels(_operation)
for _reason in ("postgres_slow", "clickhouse_slow", "overloaded"):
    REFUSED.labels(_reason)

LIMIT: Final = 10.0  # seconds that work may take while the server answers pings
RECOVERY: Final = 5.0  # seconds for the rollback of abandoned work

_TOO_SLOW: Final = (
    "PostgreSQL needed more than {:g} s; the request was cancelled. Request a shorter window, or try again in a few "
    "seconds."
)

_recoveries: set["asyncio.Task[None]"] = set()  # the event loop keeps no reference to a task


@asynccontextmanager
async def with_deadline(operation: Operation, pool: Pool, limit: float | None = None) -> AsyncIterator[None]:
    """Bounds work in PostgreSQL, and counts its failures.

    Raises DependencyUnavailableError within 1.5 s when the server is silent, and TooSlowError after `limit` seconds
    (by default LIMIT).
    """
    allowed = LIMIT if limit is None else limit
    try:
        with as_unavailable():
            try:
                async with while_engine_answers(partial(check_postgres, pool), allowed):
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
        if isinstance(error, RefusedError):  # callers must not see the server's message
            raise DependencyUnavailableError(AWAY) from error
        raise


@asynccontextmanager
async def connected(pool: Pool) -> "AsyncIterator[PoolConnectionProxy[asyncpg.Record]]":
    """Yields a connection of the pool. After an error, recovers it in the background."""
    connection = await pool.acquire()
    try:
        yield connection
    except BaseException:  # cancellation included
        _in_background(_recover(pool, connection))
        raise
    await pool.release(connection)


@asynccontextmanager
async def transaction(connection: Connection, begin: str = "begin") -> AsyncIterator[None]:
    """Commits after its body. After an error, `connected` rolls back: here, a hanging server would block it."""
    await connection.execute(begin)
    yield
    await connection.execute("commit")


async def _recover(pool: Pool, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
    """Rolls back, which also ends an abandoned statement. Closes the connection when that fails."""
    try:
        async with asyncio.timeout(RECOVERY):
            await connection.execute("rollback")
    except Exception:  # after any failure, the state of the connection is unknown
        connection.terminate()
    finally:
        await pool.release(connection)


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    _recoveries.add(task)
    task.add_done_callback(_recoveries.discard)
