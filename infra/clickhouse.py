"""ClickHouse: one async HTTP client, the same for a cluster and for the embedded engine.

`connect` imports the driver: a run of a pipeline that reads PostgreSQL alone does without.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from opentelemetry.trace import SpanKind

from infra.cancelling import raise_if_cancelled
from infra.clickhouse_settings import PINNED
from infra.errors import DependencyUnavailableError, MisconfiguredError
from infra.faults import CLICKHOUSE, UNMIGRATED, connection_fault
from infra.secret_files import current
from infra.telemetry import span
from infra.urls import without_secrets
from schema.facts import FactTable

if TYPE_CHECKING:
    from clickhouse_connect.driver.asyncclient import AsyncClient

COLUMNS: Final = "select name from system.columns where database = 'anlyt' and table = {table:String}"


@asynccontextmanager
async def connect(
    dsn: str, *, database: str | None = None, statement_timeout: float = 300
) -> AsyncIterator["AsyncClient"]:
    """A client for `http://user:password@host:port/database`. Datetimes in its results are aware, in UTC.

    `statement_timeout` limits each statement, in seconds. Raises DependencyUnavailableError if the server does not
    answer, and MisconfiguredError if it refuses what the DSN says.
    """
    import clickhouse_connect

    from infra.clickhouse_errors import FAILURES

    url = urlsplit(dsn)
    try:
        client = await clickhouse_connect.get_async_client(
            host=url.hostname or "127.0.0.1",
            port=url.port or 8123,
            secure=url.scheme == "https",
            username=unquote(url.username or "default"),
            password=unquote(url.password or ""),
            database=database or url.path.strip("/") or "anlyt",
            connect_timeout=2,
            send_receive_timeout=statement_timeout,
            autogenerate_session_id=False,  # statements of one client run side by side
            settings=dict(PINNED),
            tz_mode="aware",  # for UTC, too: no reader guesses a zone
        )
        client.server_tz = UTC  # as PINNED sets it for each statement
    except FAILURES as error:
        # clickhouse-connect swallows a cancellation that arrives while it closes its connection.
        raise_if_cancelled()
        if fault := connection_fault(error, CLICKHOUSE):
            raise fault from error
        raise DependencyUnavailableError(f"ClickHouse does not answer at {without_secrets(dsn)}.") from error
    try:
        yield client
    finally:
        await client.close()


class ClickHouse:
    """A client that connects when it is first used: ClickHouse may be unavailable at start.

    If the DSN's file is replaced, the next statement uses the new password.
    """

    def __init__(self, dsn: str, resources: AsyncExitStack, statement_timeout: float) -> None:
        self._dsn, self._resources, self._timeout = dsn, resources, statement_timeout
        self._client: AsyncClient | None = None
        self._connected_to: str | None = None
        self._connecting = asyncio.Lock()
        self._closed = False

    async def client(self) -> "AsyncClient":
        """The connected client. Raises DependencyUnavailableError while ClickHouse is away; the next call retries.

        After `close`, it raises DependencyUnavailableError, too: background work may outlive its owner.
        """
        async with self._connecting:
            dsn = current(self._dsn)
            if dsn != self._connected_to and not self._closed:
                # The previous client, whose statements may still run, is closed at the end, too.
                connection = connect(dsn, statement_timeout=self._timeout)
                self._client, self._connected_to = await self._resources.enter_async_context(connection), dsn
            if self._client is None or self._closed:
                await self._resources.aclose()  # `close` was called during the connect
                raise DependencyUnavailableError("The ClickHouse client is closed.")
        return self._client

    async def close(self) -> None:
        """Closes the client. A connect in progress is closed when it ends."""
        self._closed = True
        await self._resources.aclose()

    async def ping(self) -> None:
        """Raises an error unless ClickHouse answers. Has no timeout of its own."""
        from infra.probes import ping_clickhouse

        await ping_clickhouse(self._dsn)


@asynccontextmanager
async def open_clickhouse(dsn: str, *, statement_timeout: float) -> AsyncIterator[ClickHouse]:
    """A `ClickHouse`; when the body ends, its client is closed."""
    clickhouse = ClickHouse(dsn, AsyncExitStack(), statement_timeout)
    try:
        yield clickhouse
    finally:
        await clickhouse.close()


async def check_tables(client: "AsyncClient", tables: Iterable[FactTable]) -> None:
    """Raises MisconfiguredError if a table or column is missing, or if the user may not see it."""
    for table in tables:
        visible = await client.query(COLUMNS, parameters={"table": table.name})
        if missing := sorted(table.columns.keys() - {name for (name,) in visible.result_rows}):
            raise MisconfiguredError(
                CLICKHOUSE, UNMIGRATED.problem, f"anlyt.{table.name} shows no column {missing[0]}", UNMIGRATED.advice
            )


@contextmanager
def traced(statement: str) -> Iterator[None]:
    """A span around one statement. `statement` must contain no values; of an error, the span records the class only."""
    attributes = {"db.system.name": "clickhouse", "db.query.text": statement}
    with span("anlyt.sql", SpanKind.CLIENT, attributes=attributes):
        yield
