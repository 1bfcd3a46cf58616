"""ClickHouse: one async HTTP client, the same for a cluster and for the embedded engine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import unquote, urlsplit

import clickhouse_connect
from aiohttp import ClientError
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import OperationalError

from infra.errors import DependencyUnavailableError

UNAVAILABLE = (OSError, TimeoutError, ClientError, OperationalError)


@asynccontextmanager
async def connect(dsn: str, *, database: str | None = None) -> AsyncIterator[AsyncClient]:
    """A client for `http://user:password@host:port/database`; DependencyUnavailableError if nobody answers."""
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
        )
    except UNAVAILABLE as error:
        raise DependencyUnavailableError(f"ClickHouse does not answer at {url.hostname}:{url.port}.") from error
    try:
        yield client
    finally:
        await client.close()
