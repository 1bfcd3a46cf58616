"""Whether an engine answers, and can be used: cheap questions for readiness. Each raises if not, and may take any time.

MisconfiguredError, or an engine's error of which `infra.faults` makes one, if a setting is to blame.
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
from infra.sql import statement

if TYPE_CHECKING:
    from infra.clickhouse import ClickHouse

SQL: Final = Path(__file__).parent / "sql"
UNREADABLE: Final = statement(SQL, "unreadable")
READABLE: Final = statement(SQL, "readable")
# Seconds. A server that answers is not down because its tables answer slowly.
PATIENCE: Final = 0.5
LONGEST_CHECK: Final = 3.0
ANSWER: Final = 0.7  # of a server of NATS


async def raise_fault(check: Callable[[], Awaitable[object]]) -> None:
    """MisconfiguredError if a check says that a setting is wrong; nothing if it fails otherwise, or takes long."""
    try:
        async with asyncio.timeout(LONGEST_CHECK):
            await check()
    except Exception as error:  # told apart by fault_of
        if fault := fault_of(error):
            raise fault from error


async def ask_nats(urls: str) -> None:
    """Any server of a comma list takes our credentials and has JetStream."""
    answers = await asyncio.gather(*map(_ask_nats, urls.split(",")), return_exceptions=True)
    failures = [answer for answer in answers if isinstance(answer, BaseException)]
    if len(failures) == len(answers):
        raise next((fault for each in failures if (fault := connection_fault(each, NATS))), failures[0])


async def _ask_nats(url: str) -> None:
    told: list[Exception] = []

    async def tell(error: Exception) -> None:
        told.append(error)
        if not client.is_connected:
            raise error  # out of connect(), which else tries again

    client = Client()
    try:
        await client.connect(url, allow_reconnect=False, connect_timeout=2, error_cb=tell)
        await client.jetstream(timeout=ANSWER).account_info()
    except (NatsError, OSError) as error:
        raise (told or [error])[0] from error  # what follows a refusal is a line that breaks, or no answer
    finally:
        await client.close()


async def ping_clickhouse(dsn: str) -> None:
    """`/ping` is answered with 200."""
    parts = urlsplit(dsn)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    ping = f"{parts.scheme}://{host}:{parts.port or 8123}/ping"
    async with ClientSession(raise_for_status=True) as session, session.get(ping) as response:
        # Its body may come later than its head: a response that is not read to its end leaves a connection behind.
        await response.read()


async def ask_clickhouse(clickhouse: "ClickHouse") -> None:
    """It answers, and facts and cubes can be read."""
    await clickhouse.ping()
    try:
        async with asyncio.timeout(PATIENCE):
            await (await clickhouse.client()).query(READABLE)
    except TimeoutError:
        pass


async def ask_postgres(pool: Pool) -> None:
    """Statements run, and every table of ours can be read."""
    if unreadable := await pool.fetchval(UNREADABLE):
        raise asyncpg.InsufficientPrivilegeError(f"permission denied for {unreadable}")
