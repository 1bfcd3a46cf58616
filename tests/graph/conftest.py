from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from infra.embedded.engine import Engine
from infra.postgres import Pool, open_pool
from tests.graph.support.api import Api, open_api
from tests.graph.support.queries import QueryClient, open_query_client
from tests.graph.support.store import Store
from tests.support.database import fresh_database
from tests.support.fixtures import template
from tests.support.generous_deadlines import generous_deadlines

__all__ = ["generous_deadlines", "template"]


@pytest.fixture(scope="module")
async def dsn(template: Engine) -> AsyncIterator[str]:
    """The DSN of a migrated, empty database for the tests of a module."""
    async with fresh_database(template) as made:
        yield made


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


@pytest.fixture
async def logged(dsn: str) -> AsyncIterator[tuple[Pool, list[str]]]:
    """A pool, and all statements that its connections have run."""
    statements: list[str] = []

    async def log(connection: Any) -> None:
        connection.add_query_logger(lambda record: statements.append(record.query))

    async with asyncpg.create_pool(dsn, min_size=1, max_size=4, init=log) as pool:
        yield pool, statements
