"""Facts of the days asked about, and the insights asked over HTTP."""

from collections.abc import AsyncIterator

import pytest

from infra.embedded.engine import Engine
from infra.postgres import Pool
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.queries import Asker, asking, fill


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> str:
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    return clickhouse.dsn


@pytest.fixture
async def asker(pool: Pool, filled: str) -> AsyncIterator[Asker]:
    async with asking(pool, filled) as opened:
        yield opened
