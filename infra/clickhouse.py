"""ClickHouse: one async HTTP client, the same for a cluster and for the embedded engine."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC
from typing import Final
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from aiohttp import ClientError
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from opentelemetry.trace import SpanKind, StatusCode

from infra.cancelling import raise_if_cancelled
from infra.clickhouse_settings import PINNED
from infra.errors import DependencyUnavailableError, MisconfiguredError
from infra.faults import CLICKHOUSE, UNMIGRATED, connection_fault
from infra.probes import ping_clickhouse
from infra.telemetry import tracer
from infra.urls import without_secrets
from schema.facts import FactTable

COLUMNS: Final = "select name from system.columns where database = 'anlyt' and table = {table:String}"
UNAVAILABLE = (OSError, TimeoutError, ClientError, OperationalError)
# Whatever ClickHouse, or the way to it, may answer to a statement.
FAILURES: Final = (*UNAVAILABLE, ClickHouseError, DependencyUnavailableError)


@asynccontextmanager
async def connect(
    dsn: str, *, database: str | None = None, statement_timeout: float = 300
) -> AsyncIterator[AsyncClient]:
    """A client for `http://user:password@host:port/database`; DependencyUnavailableError if nobody answers.

    Times of its results are aware. `statement_timeout` bounds each statement, in seconds.
    """
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
            tz_mode="aware",  # UTC, too: no reader guesses a zone
        )
        client.server_tz = UTC  # what texts of times mean in each statement, see PINNED
    except (*UNAVAILABLE, ClickHouseError) as error:
        # clickhouse-connect swallows a cancellation that reaches it while it closes what it had opened.
        raise_if_cancelled()
        if fault := connection_fault(error, CLICKHOUSE):
            raise fault from error
        raise DependencyUnavailableError(f"ClickHouse does not answer at {without_secrets(dsn)}.") from error
    try:
        yield client
    finally:
        await client.close()


class ClickHouse:
    """A client that is made when it is first asked for: ClickHouse may be away until then."""

    def __init__(self, dsn: str, opened: AsyncExitStack, statement_timeout: float) -> None:
        self._dsn, self._opened, self._timeout = dsn, opened, statement_timeout
        self._client: AsyncClient | None = None
        self._making = asyncio.Lock()

    async def client(self) -> AsyncClient:
        """DependencyUnavailableError while it is away; asking again tries again."""
        async with self._making:
            if self._client is None:
                made = connect(self._dsn, statement_timeout=self._timeout)
                self._client = await self._opened.enter_async_context(made)
        return self._client

    async def ping(self) -> None:
        """Raises unless it answers; may take any time."""
        await ping_clickhouse(self._dsn)


@asynccontextmanager
async def open_clickhouse(dsn: str, *, statement_timeout: float) -> AsyncIterator[ClickHouse]:
    """Its client, if it was made, is closed with the body."""
    async with AsyncExitStack() as opened:
        yield ClickHouse(dsn, opened, statement_timeout)


async def check_tables(client: AsyncClient, tables: Iterable[FactTable]) -> None:
    """MisconfiguredError if a table, or a column of it, is not there or is not the user's to see."""
    for table in tables:
        found = await client.query(COLUMNS, parameters={"table": table.name})
        if missing := sorted(table.columns.keys() - {name for (name,) in found.result_rows}):
            raise MisconfiguredError(
                CLICKHOUSE, UNMIGRATED.problem, f"anlyt.{table.name} shows no column {missing[0]}", UNMIGRATED.advice
            )


@contextmanager
def traced(statement: str) -> Iterator[None]:
    """A span around one statement, whose text holds no values; of an error, the span has the class only."""
    attributes = {"db.system.name": "clickhouse", "db.query.text": statement}
    with tracer.start_as_current_span(
        "anlyt.sql", kind=SpanKind.CLIENT, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:  # also a cancellation: the statement has ended
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
