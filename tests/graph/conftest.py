from collections.abc import AsyncIterator
from itertools import count

import asyncpg
import pytest

from infra.embedded.engine import Engine
from infra.migrate import PostgresLedger, fix_currency, migrate
from infra.postgres import Pool, open_pool
from tests.graph.support.api import Api, open_api
from tests.graph.support.queries import QueryClient, open_query_client
from tests.graph.support.store import Store
from tests.support.generous_deadlines import generous_deadlines

__all__ = ["generous_deadlines"]

_numbers = count(1)


@pytest.fixture(scope="module")
async def dsn(postgres: Engine) -> AsyncIterator[str]:
    """A migrated, empty database for the tests of a module."""
    name = f"graph_{next(_numbers)}"
    await _run(postgres.dsn, f"create database {name}")
    made = f"{postgres.dsn.rpartition('/')[0]}/{name}"
    connection = await asyncpg.connect(made)
    async for _ in migrate(PostgresLedger(connection), "postgres"):
        pass
    await fix_currency(connection, "USD")
    await connection.close()
    yield made
    await _run(postgres.dsn, f"drop database {name} with (force)")


@pytest.fixture(scope="module")
async def pool(dsn: str) -> AsyncIterator[Pool]:
    async with open_pool(dsn, size=4) as opened:
        yield opened


@pytest.fixture(scope="module")
async def opened(dsn: str) -> AsyncIterator[Store]:
    """A writer of the module's database."""
    connection = await asyncpg.connect(dsn, server_settings={"timezone": "UTC"})
    yield Store(connection)
    await connection.close()


@pytest.fixture
async def store(opened: Store) -> Store:
    """A writer of the module's database, which it has emptied."""
    await opened.empty()
    return opened


@pytest.fixture
async def api(pool: Pool) -> AsyncIterator[Api]:
    """A client of the API over the module's database, in process."""
    async with open_api(pool) as opened:
        yield opened


@pytest.fixture
async def query_client(pool: Pool, filled: str) -> AsyncIterator[QueryClient]:
    """A client of the query language and of insights, over the facts of the folder's fixture `filled`."""
    async with open_query_client(pool, filled) as opened:
        yield opened


async def _run(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(sql)
    await connection.close()
