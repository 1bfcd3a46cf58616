"""Without PostgreSQL, requests get 503 within 2 s, for any cause; once it is back, they are answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest

from graph.app import create_app
from graph.http.health import Probe
from graph.http.server import serving
from infra.embedded.engine import Engine
from infra.embedded.postgres import postgres_server
from infra.migrate import PostgresLedger, migrate
from infra.postgres import open_pool
from infra.probes import check_postgres
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, REPORTS
from tests.graph.support.problems import check_problem
from tests.graph.support.store import Row, Store
from tests.support.chaos import frozen
from tests.support.heartbeat import responsive_seconds
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

LIMIT: Final = 2.0  # seconds, as promised
HOUR = datetime(2026, 10, 1, tzinfo=UTC)
PATHS = (
    "summary",
    "summary?from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z",
    "operators/op-1/performance",
    "accounts/acc-1/usage",
    "throughput",
    "delivery-breakdown",
    "top-operators",
)


@pytest.fixture
def generous_deadlines() -> None:
    """Limits are as they are."""


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with postgres_server(tmp_path / "postgres") as started:
        connection = await asyncpg.connect(started.dsn, server_settings={"timezone": "UTC"})
        async for _ in migrate(PostgresLedger(connection), "postgres"):
            pass
        await Store(connection).put([Row(HOUR, "PLATFORM", "platform", messages=5), Row(HOUR, "OPERATOR", "op-1")])
        await connection.close()
        yield started


@pytest.fixture
async def client(engine: Engine) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server, in which hanging requests must not block others."""
    # Without sslmode=disable, asyncpg leaves an unretrieved exception when such a connection hangs and is abandoned.
    async with open_pool(f"{engine.dsn}?sslmode=disable", size=4) as pool:
        probes = {"postgres": Probe(partial(check_postgres, pool), required=True)}
        app = create_app(read_settings({}), pool, probes, clickhouse=NO_CLICKHOUSE, development=False)
        async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, timeout=30) as opened:
            yield opened


async def timed(asking: Awaitable[httpx.Response]) -> httpx.Response:
    async with responsive_seconds() as lived:
        response = await asking
        assert lived() < LIMIT, response.request.url
    return response


async def ask_all(client: httpx.AsyncClient) -> Sequence[httpx.Response]:
    """Requests every report three times concurrently, which is more than there are connections."""
    urls = [f"{REPORTS}/{path}" for path in PATHS] * 3
    return await asyncio.gather(*(timed(client.get(url, headers=dict(ADMIN))) for url in urls))


async def check_away(client: httpx.AsyncClient) -> None:
    for response in await ask_all(client):
        check_problem(response, 503, "DEPENDENCY_UNAVAILABLE")
        assert int(response.headers["retry-after"]) > 0
    query = {"query": "{ summary { dataAsOf } }"}
    answer = await timed(client.post("/graphql", json=query, headers=dict(ADMIN)))
    assert answer.json()["errors"][0]["extensions"]["code"] == "DEPENDENCY_UNAVAILABLE"
    ready = await timed(client.get("/health/ready"))
    assert (ready.status_code, ready.json()["dependencies"]["postgres"]["status"]) == (503, "down")
    assert (await timed(client.get("/health/live"))).status_code == 200


async def check_back(client: httpx.AsyncClient) -> None:
    """Waits until reports are answered, and checks that they stay so."""
    async with asyncio.timeout(60):
        while (await client.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.05)
        while any(response.status_code != 200 for response in await ask_all(client)):
            await asyncio.sleep(0.05)
    response = await client.get(f"{REPORTS}/{PATHS[1]}", headers=dict(ADMIN))
    assert response.json()["totalMessages"] == 5


async def stopped(engine: Engine) -> None:
    await engine.stop()


async def killed(engine: Engine) -> None:
    await engine.kill()


@pytest.mark.parametrize("end", [stopped, killed])
async def test_stopped_and_back(
    engine: Engine, client: httpx.AsyncClient, end: Callable[[Engine], Awaitable[None]]
) -> None:
    await check_back(client)
    await end(engine)
    await check_away(client)
    await engine.start()
    await check_back(client)


async def test_hanging_and_back(engine: Engine, client: httpx.AsyncClient) -> None:
    await check_back(client)
    with frozen(engine):
        await check_away(client)
    await check_back(client)


async def test_unavailable_from_the_start(engine: Engine, client: httpx.AsyncClient) -> None:
    await engine.stop()
    await check_away(client)
    await engine.start()
    await check_back(client)


async def test_frozen_during_requests(engine: Engine, client: httpx.AsyncClient) -> None:
    await check_back(client)
    for _ in range(2):
        asking = [asyncio.create_task(timed(client.get(f"{REPORTS}/{path}", headers=dict(ADMIN)))) for path in PATHS]
        await asyncio.sleep(0.002)
        with frozen(engine):
            for response in await asyncio.gather(*asking):
                assert response.status_code in {200, 503}
        await check_back(client)
