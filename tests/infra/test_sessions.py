"""The names of statements and savepoints are unique per connection, and valid SQL."""

import pytest

from infra.embedded.engine import Engine
from infra.postgres import connect

pytestmark = pytest.mark.anyio


async def test_savepoints_have_names_that_need_no_quotes(postgres: Engine) -> None:
    """Names are random, so the test tries several connections."""
    for _ in range(20):
        connection = await connect(postgres.dsn, application="test")
        try:
            async with connection.transaction(), connection.transaction():
                assert await connection.fetchval("select 1") == 1
        finally:
            await connection.close()
