from collections.abc import AsyncIterator

import pytest
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.embedded.engine import Engine


@pytest.fixture(scope="session")
async def client(clickhouse: Engine) -> AsyncIterator[AsyncClient]:
    async with await create_async_client(dsn=clickhouse.dsn) as client:
        yield client
