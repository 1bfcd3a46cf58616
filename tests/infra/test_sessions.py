"""Names in a session are unique and valid SQL. A pool hands out idle sessions only, whoever was cancelled in them."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest

from graph.postgres import connected, transaction
from infra.embedded.engine import Engine
from infra.postgres import Pool, connect, open_pool

pytestmark = pytest.mark.anyio

SNAPSHOT = "begin isolation level repeatable read read only"
STATE = "select state from pg_stat_activity where pid = $1"
# Seconds in which every reply arrives, so that each turn of the event loop continues the task.
REPLY = 0.003

Work = Callable[[Pool, str], Awaitable[object]]


async def test_savepoints_have_names_that_need_no_quotes(postgres: Engine) -> None:
    """Names are random, so the test tries several connections."""
    for _ in range(20):
        connection = await connect(postgres.dsn, application="test")
        try:
            async with connection.transaction(), connection.transaction():
                assert await connection.fetchval("select 1") == 1
        finally:
            await connection.close()


async def one_statement(pool: Pool, text: str) -> None:
    await pool.fetchval(text)


async def report(pool: Pool, text: str) -> None:
    """As the API reads: two statements in a transaction."""
    async with connected(pool) as connection, transaction(connection, SNAPSHOT):
        await connection.fetchval(text)
        await connection.fetchval(text)


async def batch(pool: Pool, text: str) -> None:
    """As ingest and pipelines write."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(text.replace("select", "select $1::int +"), 1)
        await connection.fetchval(text)


@pytest.mark.parametrize("work", [one_statement, report, batch], ids=lambda work: work.__name__)
async def test_cancelled_at_every_await(postgres: Engine, work: Work) -> None:
    async with open_pool(postgres.dsn, size=2) as pool, pool.acquire() as observer:
        turns, done = 0, False
        while not done:
            done = await cancelled_after(turns, work(pool, f"select {turns}"))
            async with pool.acquire() as connection:
                pid = connection.get_server_pid()
                assert await observer.fetchval(STATE, pid) == "idle", f"cancelled after {turns} turns"
                await connection.execute(SNAPSHOT)
                await connection.execute("commit")
            turns += 1
        assert turns > 5


async def cancelled_after(turns: int, work: Awaitable[object]) -> bool:
    """Cancels the work after so many turns of the event loop. Returns whether it had ended before."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
        time.sleep(REPLY)  # noqa: ASYNC251  # the event loop must not run meanwhile
    done = task.done()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return done


async def test_cancelled_while_connecting(postgres: Engine) -> None:
    """asyncpg leaves no error behind that the event loop would log."""
    unhandled: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    for turns in range(15):  # the connection opens in the first five
        await cancelled_after(turns, opened_and_ended(postgres.dsn))
        await asyncio.sleep(REPLY)
        gc.collect()
        assert unhandled == [], f"cancelled after {turns} turns"


async def opened_and_ended(dsn: str) -> None:
    (await connect(dsn, application="test")).terminate()
