"""Pages served over HTTP for a browser, with figures for every page and every kind of caller."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from graph.app import create_app
from graph.http.server import serving
from graph.web.personas import Persona
from infra.clickhouse import open_clickhouse
from infra.postgres import Pool
from infra.settings import Settings, read_settings


@asynccontextmanager
async def serve_site(
    pool: Pool, dsn: str, *, settings: Settings | None = None, personas: Sequence[Persona] = ()
) -> AsyncIterator[str]:
    """Yields the URL of the API with its pages, over the ClickHouse at `dsn`. With `personas`, as in `anlyt dev`."""
    async with open_clickhouse(dsn, statement_timeout=30) as clickhouse:
        app = create_app(
            settings or read_settings({}),
            pool,
            {},
            clickhouse=clickhouse,
            development=bool(personas),
            personas=personas,
        )
        async with serving(app, "127.0.0.1", 0) as url:
            yield url
