"""PostgreSQL: pools and connections, spans of statements, and the errors that mean "retry later"."""

import time
from asyncio.staggered import staggered_race
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeAlias

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy
from opentelemetry import trace

from infra.errors import DependencyUnavailableError, RefusedError
from infra.faults import POSTGRES, connection_fault, fault_of
from infra.secret_files import current
from infra.sessions import Session, require_session
from infra.telemetry import is_exporting, tracer
from infra.urls import one_per_host

# Seconds. An API caller learns within 2 s that PostgreSQL is unavailable.
CONNECT_TIMEOUT = 1.0
# Seconds that a host of a DSN has for itself before the next one is tried, too.
HEAD_START = 0.25
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
    asyncpg.InternalClientError,  # raised if the server dies while a connection returns to its pool
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError,
)


def is_unavailable(error: BaseException) -> bool:
    """Whether an error means that PostgreSQL is unavailable, and not that a statement is wrong.

    asyncpg also raises InterfaceError for arguments of the wrong type; these errors are ValueErrors, too.
    """
    return isinstance(error, _ABSENCES) and not isinstance(error, ValueError)


@contextmanager
def as_configuration_fault(setting: str = POSTGRES) -> Iterator[None]:
    """Wraps connecting: turns errors for which `setting` is to blame into MisconfiguredError."""
    try:
        yield
    except Exception as error:  # connection_fault selects; other errors pass unchanged
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
    """A pool of up to `size` connections, opened on demand: PostgreSQL may be unavailable at start.

    `connect_timeout` and `statement_timeout` are in seconds. `check` runs on each new connection. `setting` is the
    variable with the DSN. After a replacement of its file, new connections use the new password.

    Acquiring a connection raises what `check` raises, UsageError if a pooler shares the session with others, and
    MisconfiguredError if `setting` is to blame.
    """
    is_session = False

    async def open_connection(*_: Any, **named: Any) -> Any:
        with as_configuration_fault(setting):
            return await _connect(current(dsn), **named)

    async def prepare(connection: Connection) -> None:
        # The ledger's keys are 16 bytes in Python: each UUID object would cost a microsecond.
        await connection.set_type_codec("uuid", schema="pg_catalog", encoder=bytes, decoder=bytes, format="binary")
        nonlocal is_session
        if not is_session:
            await require_session(connection, current(dsn))
            is_session = True
        if check is not None:
            with as_configuration_fault(setting):
                await check(connection)
        if is_exporting():
            connection.add_query_logger(_record_span)

    pool = asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=connect_timeout,
        command_timeout=statement_timeout,
        server_settings={"timezone": "UTC", "application_name": "anlyt"},
        connection_class=Session,
        connect=open_connection,
        init=prepare,
        reset=_end_abandoned,
    )
    async with pool:
        yield pool


async def _connect(dsn: str, **named: Any) -> Any:
    """A connection to the first host of a DSN that fits; each host has the whole `timeout`.

    asyncpg gives all hosts one timeout, which a silent host uses up, and stops at a host that starts.
    """
    if len(hosts := one_per_host(dsn)) == 1:
        return await asyncpg.connect(dsn, **named)
    attempts = [partial(asyncpg.connect, host, **named) for host in hosts]
    connection, winner, errors = await staggered_race(attempts, HEAD_START)
    if winner is None:
        raise next((each for each in errors if each is not None and not is_unavailable(each)), errors[-1] or OSError())
    return connection


async def connect(dsn: str, *, application: str) -> Connection:
    """A connection outside all pools.

    Raises UsageError if a pooler shares its session with others, and MisconfiguredError if the DSN is to blame.
    """
    dsn = current(dsn)
    with as_configuration_fault():
        connection: Connection = await _connect(
            dsn,
            timeout=CONNECT_TIMEOUT,
            server_settings={"timezone": "UTC", "application_name": application},
            connection_class=Session,
        )
    try:
        await require_session(connection, dsn)
    except BaseException:  # a cancellation, too: nothing else closes the connection
        connection.terminate()
        raise
    return connection


def _record_span(query: LoggedQuery) -> None:
    """Records a span for one finished statement, below the current span; without a current span, nothing.

    The text contains no values. Arguments and error messages are left out: they contain ids.
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


async def _end_abandoned(session: Connection) -> None:
    """Makes a session idle before its pool hands it out again; asyncpg itself rolls back transactions that it began.

    Resets nothing else: no code changes a session's settings, and a reset would cost one statement per release.
    """
    assert isinstance(session, Session)
    await session.end_abandoned()


@contextmanager
def as_unavailable(away: str = AWAY) -> Iterator[None]:
    """Turns errors that mean an absent PostgreSQL into DependencyUnavailableError(away).

    Raises RefusedError if PostgreSQL, or a pooler in front of it, gave a reason, and MisconfiguredError if a setting is
    to blame. Other errors pass unchanged.
    """
    try:
        yield
    except Exception as error:  # fault_of and is_unavailable select; other errors pass unchanged
        if fault := fault_of(error):
            raise fault from error
        if not is_unavailable(error):
            raise
        raise _absence(error, away) from error


def _absence(error: Exception, away: str) -> DependencyUnavailableError:
    if getattr(error, "severity", None) is None:  # the server's own errors have a severity
        return DependencyUnavailableError(away)
    reason = str(error).partition("\n")[0].rstrip(".")[:LONGEST_REASON]
    return RefusedError(f"PostgreSQL, or the pooler in front of it, refuses: {reason}.")
