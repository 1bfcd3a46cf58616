"""The facts that tests query over HTTP."""

import pytest

from infra.embedded.engine import Engine
from tests.graph.support.queries import RECORDS, REPORTS, fill


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> str:
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    return clickhouse.dsn
