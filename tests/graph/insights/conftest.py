"""The facts that tests request insights about over HTTP."""

import pytest

from infra.embedded.engine import Engine
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.queries import fill


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> str:
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    return clickhouse.dsn
