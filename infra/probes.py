"""Cheap readiness checks of the engines. A check raises an error unless its engine answers and can be used.

The error is a MisconfiguredError, or becomes one in `infra.faults`, if a setting is to blame. Checks have no common
timeout: the caller limits them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import asyncpg
from aiohttp import ClientSession
from nats.aio.client import Client
from nats.errors import Error as NatsError

from infra.faults import NATS, connection_fault, fault_of
from infra.postgres import Pool
from infra.secret_files import current
from infra.sql import statement
from infra.urls import in_url

if TYPE_CHECKING:
    from infra.clickhouse import ClickHouse

SQL: Final = Path(__file__).parent / "sql"
UNREADABLE: Final = statement(SQL, "unreadable")
READABLE: Final = statement(SQL, "readable")
# Seconds. A server that answers its ping is ready, even if its tables answer later.
READ_TIMEOUT: Final = 0.5
CHECK_TIMEOUT: Final = 3.0
REPLY_TIMEOUT: Final = 0.7  # for NATS


async def raise_fault(check: Callable[[], Awaitable[object]]) -> None:
    """Raises MisconfiguredError if a check finds a wrong setting. Ignores other failures and timeouts."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            await check()
    except Exception as error:  # fault_of selects; other errors are ignored
        if fault := fault_of(error):
            raise fault from error


async def check_nats(urls: str) -> None:
    """Raises an error unless one server of a comma-separated list accepts our credentials and has JetStream."""
    answers = await asyncio.gather(*map(_check_server, current(urls).split(",")), return_exceptions=True)
    failures = [answer for answer in answers if isinstance(answer, BaseException)]
    if len(failures) == len(answers):
        raise next((fault for each in failures if (fault := connection_fault(each, NATS))), failures[0])


async def _check_server(url: str) -> None:
    reported: list[Exception] = []

    async def on_error(error: Exception) -> None:
        reported.append(error)
        if not client.is_connected:
            raise error  # ends connect(), which would retry

    client = Client()
    try:
        await client.connect(url, allow_reconnect=False, connect_timeout=2, error_cb=on_error)
        await client.jetstream(timeout=REPLY_TIMEOUT).account_info()
    except (NatsError, OSError) as error:
        raise (reported or [error])[0] from error  # after a refusal, the connection breaks or a request times out
    finally:
        await client.close()


async def ping_clickhouse(dsn: str) -> None:
    """Raises an error unless the server answers `/ping` with a success."""
    parts = urlsplit(dsn)
    ping = f"{parts.scheme}://{in_url(parts.hostname or '')}:{parts.port or 8123}/ping"
    async with ClientSession(raise_for_status=True) as session, session.get(ping) as response:
        # The body may arrive after the headers; closing a response before its end would leak the connection.
        await response.read()


async def check_clickhouse(clickhouse: "ClickHouse") -> None:
    """Raises an error unless the server answers, and facts and cubes can be read."""
    await clickhouse.ping()
    try:
        async with asyncio.timeout(READ_TIMEOUT):
            await (await clickhouse.client()).query(READABLE)
    except TimeoutError:
        pass


async def check_postgres(pool: Pool) -> None:
    """Raises an error unless statements run and the user may read the tables of reports."""
    if unreadable := await pool.fetchval(UNREADABLE):
        raise asyncpg.InsufficientPrivilegeError(f"permission denied for {unreadable}")
