"""Whether an engine answers: cheap questions for readiness, each without a connection kept open for it."""

import asyncio
from contextlib import closing
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession

from infra.postgres import Pool, is_unavailable


async def nats_answers(urls: str) -> bool:
    """Whether any server of a comma list greets with its INFO line."""
    return any(await asyncio.gather(*map(_nats_answers, urls.split(","))))


async def _nats_answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 4222)
        with closing(writer):
            return (await reader.readline()).startswith(b"INFO")
    except OSError:
        return False


async def clickhouse_answers(dsn: str) -> bool:
    """Whether `/ping` is answered with 200."""
    parts = urlsplit(dsn)
    try:
        async with ClientSession() as session:
            answer = await session.get(f"{parts.scheme}://{parts.hostname}:{parts.port or 8123}/ping")
            return answer.status == 200
    except (OSError, ClientError):
        return False


async def postgres_answers(pool: Pool) -> bool:
    """Whether a statement runs."""
    try:
        return bool(await pool.fetchval("select true"))
    except Exception as error:  # told apart by is_unavailable
        if is_unavailable(error):
            return False
        raise
