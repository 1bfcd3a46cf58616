"""Statements end in the engine when their request is cancelled, and a silent engine is reported in time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.access.budget import Charge
from graph.app import create_app
from graph.dsl import queries
from graph.dsl.compile import Compiled, compile_query
from graph.dsl.execute import QueryEngine
from graph.dsl.select import Statement
from graph.errors import QueryTooExpensiveError
from graph.http.server import serving
from infra.clickhouse import connect, open_clickhouse
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.errors import DependencyUnavailableError
from infra.migrate import ClickHouseLedger, migrate
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import QUERY, Json, tenant, window
from tests.support.chaos import frozen
from tests.support.heartbeat import responsive_seconds

pytestmark = pytest.mark.anyio

LIMIT: Final = 2.0  # seconds, as promised
# Runs longer than any test, and reads less than the limit.
SLOW: Final = Statement("select max(cityHash64(number, toString(number), {mark:String})) from numbers(999000000)", {})
ASKED: Json = {"dataset": "dlr", "measures": ["messages"], "time": window(), "dimensions": ["errorCode"]}


@pytest.fixture
def generous_deadlines() -> None:
    """Limits are as they are."""


@pytest.fixture
async def engine(clickhouse: Engine) -> AsyncIterator[QueryEngine]:
    async with open_clickhouse(clickhouse.dsn, statement_timeout=30) as client:
        yield QueryEngine(client)


@pytest.fixture
async def watching(clickhouse: Engine) -> AsyncIterator[AsyncClient]:
    async with connect(clickhouse.dsn, database="default") as client:
        yield client


def slow(mark: str) -> Statement:
    return replace(SLOW, parameters={"mark": mark})


async def wait_for(client: AsyncClient, running: int) -> None:
    """Waits until `count` slow statements run."""
    count = "select count() from system.processes where query like '%cityHash64%' and query not like '%processes%'"
    async with asyncio.timeout(15):  # below the 20 s after which the engine ends them itself
        while (await client.query(count)).result_rows != [(running,)]:
            await asyncio.sleep(0.02)


async def test_statements_run_concurrently_and_are_charged(engine: QueryEngine) -> None:
    charge = Charge()
    statement = Statement("select number, toString(number) from numbers({n:UInt64})", {"n": 5})
    first, second = await engine.run([statement, replace(statement, parameters={"n": 3})], "paid", charge)
    assert [list(column) for column in first.columns] == [[0, 1, 2, 3, 4], ["0", "1", "2", "3", "4"]]
    assert (len(first), len(second), charge.rows) == (5, 3, 8)


async def test_cancelling_ends_the_statement_in_the_engine(engine: QueryEngine, watching: AsyncClient) -> None:
    task = asyncio.create_task(engine.run([slow("a"), slow("b")], "given-up", Charge()))
    await wait_for(watching, 2)
    task.cancel()
    await wait_for(watching, 0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_failed_statement_ends_the_others(engine: QueryEngine, watching: AsyncClient) -> None:
    dear = Statement("select count() from numbers({n:UInt64})", {"n": 10**12})
    with pytest.raises(QueryTooExpensiveError):
        await engine.run([slow("a"), dear], "failing", Charge())
    await wait_for(watching, 0)


@pytest.mark.parametrize(
    "sql",
    [
        "insert into facts_dlr (tenant_id) values ('x')",
        "create table stolen (a UInt8) engine = Memory",
        "select * from file('/etc/passwd', 'LineAsString')",
        "select * from url('http://127.0.0.1:1/', 'LineAsString')",
        "select 1 settings max_rows_to_read = 0",
        "set max_rows_to_read = 0",
        "truncate table facts_dlr",
    ],
)
async def test_statements_can_only_read_tables(engine: QueryEngine, watching: AsyncClient, sql: str) -> None:
    async for _ in migrate(ClickHouseLedger(watching), "clickhouse"):
        pass
    with pytest.raises(Exception, match=r"code: (164|497)|readonly"):
        await engine.read(Statement(sql, {}))


@pytest.fixture
async def server(clickhouse: Engine, pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """A client over real connections: one in process cannot disconnect."""
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(open_clickhouse(clickhouse.dsn, statement_timeout=30))
        app = create_app(read_settings({}), pool, {}, clickhouse=client, development=True)
        url = await opened.enter_async_context(serving(app, "127.0.0.1", 0))
        yield await opened.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))


def slowly(*arguments: Any) -> Compiled:
    return replace(compile_query(*arguments), rows=slow("http"))


@pytest.mark.parametrize("face", ["rest", "graphql"])
async def test_a_disconnecting_client_ends_its_query(
    server: httpx.AsyncClient, watching: AsyncClient, monkeypatch: pytest.MonkeyPatch, face: str
) -> None:
    async for _ in migrate(ClickHouseLedger(watching), "clickhouse"):
        pass
    monkeypatch.setattr(queries, "compile_query", slowly)
    document = "query ($input: QueryInput!) { query(input: $input) { data } }"
    body = ASKED if face == "rest" else {"query": document, "variables": {"input": ASKED}}
    path = QUERY if face == "rest" else "/graphql"
    asking = asyncio.create_task(server.post(path, json=body, headers=dict(ADMIN)))
    await wait_for(watching, 1)
    asking.cancel()
    await wait_for(watching, 0)


async def timed(asking: Awaitable[httpx.Response]) -> httpx.Response:
    async with responsive_seconds() as lived:
        response = await asking
        assert lived() < LIMIT
    return response


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Engine]:
    """A migrated engine that the test may stop."""
    async with clickhouse_server(tmp_path / "clickhouse") as started:
        async with connect(started.dsn, database="default") as client:
            async for _ in migrate(ClickHouseLedger(client), "clickhouse"):
                pass
        yield started


@pytest.fixture
async def stoppable(own: Engine, pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with open_clickhouse(own.dsn, statement_timeout=30) as client:
        app = create_app(read_settings({}), pool, {}, clickhouse=client, development=True)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api", timeout=30) as opened:
            yield opened


async def check_away(client: httpx.AsyncClient) -> None:
    """Sends concurrent requests of all callers through REST and GraphQL."""
    callers: list[Mapping[str, str]] = [ADMIN, tenant("t-1")] * 4
    asking = [timed(client.post(QUERY, json=ASKED, headers=dict(caller))) for caller in callers]
    for response in await asyncio.gather(*asking):
        check_problem(response, 503, "DEPENDENCY_UNAVAILABLE")
        assert int(response.headers["retry-after"]) > 0
        assert "127.0.0.1" not in response.text
    document = {"query": "query ($input: QueryInput!) { query(input: $input) { data } }", "variables": {"input": ASKED}}
    answer = await timed(client.post("/graphql", json=document, headers=dict(ADMIN)))
    assert answer.json()["errors"][0]["extensions"]["code"] == "DEPENDENCY_UNAVAILABLE"
    assert (await timed(client.get("/v1/anlyt/catalog", headers=dict(ADMIN)))).status_code == 200


async def check_back(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(60):
        while (await client.post(QUERY, json=ASKED, headers=dict(ADMIN))).status_code != 200:
            await asyncio.sleep(0.05)


async def test_stopped_frozen_and_back(own: Engine, stoppable: httpx.AsyncClient) -> None:
    await own.stop()
    await check_away(stoppable)  # from the start
    await own.start()
    await check_back(stoppable)
    with frozen(own):
        await check_away(stoppable)
    await check_back(stoppable)
    await own.kill()
    await check_away(stoppable)
    await own.start()
    await check_back(stoppable)


async def test_not_migrated_is_not_ready(stoppable: httpx.AsyncClient, own: Engine) -> None:
    async with connect(own.dsn, database="default") as client:
        await client.command("drop database anlyt sync")
        await client.command("create database anlyt")
    check_problem(await stoppable.post(QUERY, json=ASKED, headers=dict(ADMIN)), 503, "DEPENDENCY_UNAVAILABLE")


async def test_every_read_reports_an_absent_engine(tmp_path: Path) -> None:
    async with open_clickhouse("http://127.0.0.1:1/anlyt", statement_timeout=30) as client:
        with pytest.raises(DependencyUnavailableError, match="ClickHouse does not answer"):
            await QueryEngine(client).read(Statement("select 1", {}))
