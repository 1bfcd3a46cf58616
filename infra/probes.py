"""Whether an engine answers: cheap questions for readiness. Each raises if not, and may take any time."""

import asyncio
from contextlib import closing
from urllib.parse import urlsplit

from aiohttp import ClientSession

from infra.errors import DependencyUnavailableError
from infra.postgres import Pool


async def ask_nats(urls: str) -> None:
    """Any server of a comma list greets with its INFO line."""
    greetings = await asyncio.gather(*map(_greeting, urls.split(",")), return_exceptions=True)
    if not any(isinstance(greeting, bytes) and greeting.startswith(b"INFO") for greeting in greetings):
        raise DependencyUnavailableError("NATS does not answer.")


async def _greeting(url: str) -> bytes:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 4222)
    with closing(writer):
        return await reader.readline()


async def ask_clickhouse(dsn: str) -> None:
    """`/ping` is answered with 200."""
    parts = urlsplit(dsn)
    host = f"[{parts.hostname}]" if parts.hostname and ":" in parts.hostname else parts.hostname
    ping = f"{parts.scheme}://{host}:{parts.port or 8123}/ping"
    async with ClientSession(raise_for_status=True) as session, session.get(ping) as response:
        # Its body may come later than its head: a response that is not read to its end leaves a connection behind.
        await response.read()


async def ask_postgres(pool: Pool) -> None:
    """A statement runs."""
    await pool.execute("select true")
