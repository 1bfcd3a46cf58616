"""Reports on a slow server: they wait, end at their limit or when the client leaves, and are limited in number."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final

import httpx
import pytest
from prometheus_client import REGISTRY

from graph.app import create_app
from graph.http.admission import Admission
from graph.http.server import serving
from infra.postgres import Connection, Pool, open_pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, REPORTS
from tests.graph.support.problems import check_problem
from tests.graph.support.store import DAY, Row, Store, iso
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
PATH: Final = f"{REPORTS}/operators/op-1/performance?from={iso(START)}&to={iso(START + DAY)}"
RUNNING: Final = (
    "select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()"
)


@pytest.fixture
def generous_deadlines() -> None:
    """Keeps the real limits."""


@pytest.fixture
async def filled(store: Store) -> Store:
    await store.put([Row(START, "OPERATOR", "op-1", messages=5)])
    return store


@asynccontextmanager
async def api(dsn: str, size: int = 8, **settings: str) -> AsyncIterator[tuple[httpx.AsyncClient, Pool]]:
    """A real server, which notices by their connections that clients leave."""
    async with open_pool(f"{dsn}?sslmode=disable", size=size) as pool:
        app = create_app(
            read_settings({f"ANLYT_{name.upper()}": value for name, value in settings.items()}),
            pool,
            {},
            clickhouse=NO_CLICKHOUSE,
            development=False,
        )
        async with serving(app, "127.0.0.1", 0) as url, httpx.AsyncClient(base_url=url, timeout=60) as client:
            yield client, pool


@asynccontextmanager
async def locked_tables(store: Store) -> AsyncIterator[None]:
    """Makes every report wait: the server responds, and the statement runs."""
    async with store.connection.transaction():
        await store.connection.execute("lock table anlyt.event_days, anlyt.metrics_hourly in access exclusive mode")
        yield


async def request_report(client: httpx.AsyncClient) -> httpx.Response:
    return await client.get(PATH, headers=dict(ADMIN))


def refused(reason: str) -> float:
    return REGISTRY.get_sample_value("anlyt_refused_total", {"reason": reason}) or 0


async def nothing_runs(connection: Connection) -> None:
    async with asyncio.timeout(20):
        while await connection.fetch(RUNNING):
            await connection.execute("select pg_stat_clear_snapshot()")  # kept while a transaction lasts
            await asyncio.sleep(0.05)


async def backends(connection: Connection) -> set[int]:
    found = await connection.fetch(
        "select pid from pg_stat_activity where datname = current_database() and application_name = 'anlyt'"
    )
    return {row["pid"] for row in found}


async def test_a_slow_report_is_answered(dsn: str, filled: Store) -> None:
    async with api(dsn) as (client, _):
        async with locked_tables(filled):
            request = asyncio.create_task(request_report(client))
            await asyncio.sleep(2.5)  # longer than the time after which a server counts as absent
            assert not request.done()
        response = await request
        assert (response.status_code, response.json()["totalMessages"]) == (200, 5)


async def test_past_its_limit_a_report_ends_in_the_server_and_its_connection_stays(dsn: str, filled: Store) -> None:
    before = refused("postgres_slow")
    async with api(dsn, report_timeout="1") as (client, _):
        assert (await request_report(client)).status_code == 200
        connections = await backends(filled.connection)
        async with locked_tables(filled):
            response = await request_report(client)
            check_problem(response, 503, "DEPENDENCY_UNAVAILABLE")
            assert "PostgreSQL needed more than 1 s" in response.json()["detail"]
            assert int(response.headers["retry-after"]) > 0
            await nothing_runs(filled.connection)
        assert refused("postgres_slow") == before + 1
        assert (await request_report(client)).status_code == 200
        assert connections <= await backends(filled.connection)


async def test_the_report_of_a_client_that_left_ends_in_the_server(dsn: str, filled: Store) -> None:
    async with api(dsn) as (client, _), locked_tables(filled):
        with pytest.raises(httpx.ReadTimeout):
            await client.get(PATH, headers=dict(ADMIN), timeout=0.5)
        await nothing_runs(filled.connection)


async def test_too_many_reports_are_rejected_and_the_others_are_answered(dsn: str, filled: Store) -> None:
    before = refused("overloaded")
    async with api(dsn, report_concurrency="2") as (client, _):
        async with locked_tables(filled):
            requests = [asyncio.create_task(request_report(client)) for _ in range(60)]
            done, waiting = await asyncio.wait(requests, timeout=5)
            assert (len(done), len(waiting)) == (58, 2)
            for response in (task.result() for task in done):
                check_problem(response, 503, "DEPENDENCY_UNAVAILABLE")
                assert "Too many reports" in response.json()["detail"]
                assert int(response.headers["retry-after"]) > 0
        assert {(await task).status_code for task in waiting} == {200}
        assert refused("overloaded") == before + 58
        assert {
            response.status_code for response in await asyncio.gather(*(request_report(client) for _ in range(12)))
        } == {200}


async def test_a_refusal_of_graphql_has_its_form(pool: Pool) -> None:
    app = create_app(read_settings({}), pool, {}, clickhouse=NO_CLICKHOUSE, development=False)
    assert isinstance(app, Admission)
    for path, named, expected in (
        ("/graphql", "application/graphql-response+json", "application/graphql-response+json"),
        ("/graphql", "*/*", "application/json"),
        (PATH, "*/*", "application/problem+json"),
    ):
        response = app.refusal({"type": "http", "path": path, "headers": [(b"accept", named.encode())]})
        assert (response.status_code, response.media_type, response.headers["retry-after"]) == (503, expected, "2")
        body = json.loads(bytes(response.body))
        assert (body if path == PATH else body["errors"][0]["extensions"])["code"] == "DEPENDENCY_UNAVAILABLE"
