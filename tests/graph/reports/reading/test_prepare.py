"""A prepared connection answers reports without preparing a statement."""

from datetime import UTC, datetime

import asyncpg
import pytest

from graph.reports.reading.prepare import prepare_reports
from infra.postgres import Pool
from tests.graph.support.api import open_api
from tests.graph.support.store import DAY, HOUR, Row, Store, iso

pytestmark = pytest.mark.anyio

PATHS = (
    "summary",
    "operators/o/performance",
    "accounts/a/usage",
    "throughput",
    "delivery-breakdown",
    "top-operators",
)


async def prepared_statements(pool: Pool) -> set[str]:
    async with pool.acquire() as connection:
        rows = await connection.fetch("select statement from pg_prepared_statements")
    return {row["statement"] for row in rows}


async def test_reports_use_only_prepared_statements(dsn: str, store: Store) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    subjects = (("PLATFORM", "platform"), ("OPERATOR", "o"), ("ACCOUNT", "a"))
    await store.put(Row(now - back * DAY, *subject, messages=1) for back in range(4) for subject in subjects)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        async with pool.acquire() as connection:
            await prepare_reports(connection)
        before = await prepared_statements(pool)
        async with open_api(pool) as api:
            for path in PATHS:
                await api.report(path, from_=iso(now - 3 * DAY), to=iso(now + HOUR))
        assert await prepared_statements(pool) - before == set()
