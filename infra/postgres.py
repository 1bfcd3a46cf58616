"""PostgreSQL: the pool, spans of statements, and which errors mean "come back later"."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeAlias

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy
from opentelemetry import trace

from infra.errors import DependencyUnavailableError, RefusedError
from infra.faults import POSTGRES, connection_fault, fault_of
from infra.sessions import Session, require_session
from infra.telemetry import is_exporting, tracer

# Seconds within which a caller hears that PostgreSQL is away: under the 2 s that REST promises.
CONNECT_TIMEOUT = 1.0
AWAY = "PostgreSQL does not answer; try again in a few seconds."
LONGEST_REASON = 300  # characters

# Text, because these classes take no parameters at run time.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

Check: TypeAlias = Callable[[Connection], Awaitable[None]]

_ABSENCES = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a server that dies while a connection goes back to its pool
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)


def is_unavailable(error: BaseException) -> bool:
    """Whether an error means that PostgreSQL is away, and not that we asked for something wrong.

    asyncpg reports arguments that do not fit as interface errors, too; these are ValueErrors.
    """
    return isinstance(error, _ABSENCES) and not isinstance(error, ValueError)


@contextmanager
def as_configuration_fault(setting: str = POSTGRES) -> Iterator[None]:
    """Around a first contact: what `setting` is to blame for becomes MisconfiguredError."""
    try:
        yield
    except Exception as error:  # told apart by connection_fault; all others pass
        if fault := connection_fault(error, setting):
            raise fault from error
        raise


@asynccontextmanager
async def open_pool(
    dsn: str,
    *,
    size: int,
    statement_timeout: float | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    check: Check | None = None,
    setting: str = POSTGRES,
) -> AsyncIterator[Pool]:
    """A pool of up to `size` connections, opened as they are needed: PostgreSQL may be away meanwhile.

    `connect_timeout` bounds the making of a connection, `statement_timeout` each statement, in seconds. A connection
    that `check` objects to is never handed out, nor is one that is no session: UsageError. What cannot be connected to
    because of `setting`, where the DSN comes from, is a MisconfiguredError.
    """
    is_session = False

    async def opened(*arguments: Any, **named: Any) -> Any:
        with as_configuration_fault(setting):
            return await asyncpg.connect(*arguments, **named)

    async def prepare(connection: Connection) -> None:
        # The ledger's keys are 16 bytes in Python: UUID objects would cost a microsecond each.
        await connection.set_type_codec("uuid", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")
        nonlocal is_session
        if not is_session:
            await require_session(connection, dsn)
            is_session = True
        if check is not None:
            with as_configuration_fault(setting):
                await check(connection)
        if is_exporting():
            connection.add_query_logger(_leave_span)

    pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=connect_timeout,
        command_timeout=statement_timeout,
        server_settings={"timezone": "UTC", "application_name": "anlyt"},
        connection_class=Session,
        connect=opened,
        init=prepare,
        reset=_keep_as_is,
    )
    async with pool:
        yield pool


async def connect(dsn: str, *, application: str) -> Connection:
    """A connection beside all pools; UsageError if it is no session, MisconfiguredError."""
    with as_configuration_fault():
        connection = await asyncpg.connect(
            dsn,
            timeout=CONNECT_TIMEOUT,
            server_settings={"timezone": "UTC", "application_name": application},
            connection_class=Session,
        )
    try:
        await require_session(connection, dsn)
    except BaseException:  # also a cancellation: nobody else closes the connection
        connection.terminate()
        raise
    return connection


def _leave_span(query: LoggedQuery) -> None:
    """A span of one statement that has ended, within the span that asked for it; what nobody asked for has none.

    The text holds no values, and those of the arguments or of an error are left out: they are ids.
    """
    if not trace.get_current_span().get_span_context().is_valid:
        return
    ended = time.time_ns()
    span = tracer.start_span(
        "anlyt.sql",
        kind=trace.SpanKind.CLIENT,
        attributes={"db.system.name": "postgresql", "db.query.text": query.query},
        start_time=ended - int(query.elapsed * 1e9),
    )
    if query.exception is not None:
        span.set_attribute("error.type", type(query.exception).__name__)
        span.set_status(trace.StatusCode.ERROR)
    span.end(ended)


async def _keep_as_is(_: Connection) -> None:
    """Nobody changes a session's state, so nothing has to be reset: it would be a statement for every release."""


@contextmanager
def as_unavailable(away: str = AWAY) -> Iterator[None]:
    """Turns every error that means an absent PostgreSQL into DependencyUnavailableError(away), or MisconfiguredError.

    RefusedError if PostgreSQL, or a pooler before it, gave a reason.
    """
    try:
        yield
    except Exception as error:  # told apart by fault_of and is_unavailable; all others pass
        if fault := fault_of(error):
            raise fault from error
        if not is_unavailable(error):
            raise
        raise _absence(error, away) from error


def _absence(error: Exception, away: str) -> DependencyUnavailableError:
    """An error of the server's, and not of the way to it, has a severity."""
    if getattr(error, "severity", None) is None:
        return DependencyUnavailableError(away)
    reason = str(error).partition("\n")[0].rstrip(".")[:LONGEST_REASON]
    return RefusedError(f"PostgreSQL, or the pooler before it, refuses: {reason}.")
