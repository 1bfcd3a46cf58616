"""An API with facts of three tenants, and a client of its pages."""

from collections.abc import AsyncIterator

import httpx
import pytest

from graph.app import create_app
from graph.http.server import serving
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.explore import EVALUATIONS
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.pages import HTML
from tests.graph.support.queries import fill


@pytest.fixture(scope="module")
async def url(pool: Pool, clickhouse: Engine) -> AsyncIterator[str]:
    """The address of an API with facts of three tenants."""
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS, facts_compliance=EVALUATIONS)
    async with open_clickhouse(clickhouse.dsn, statement_timeout=30) as connected:
        app = create_app(read_settings({}), pool, {}, clickhouse=connected, development=True)
        async with serving(app, "127.0.0.1", 0) as served:
            yield served


@pytest.fixture(scope="module")
async def site(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, headers=HTML) as client:
        yield client
