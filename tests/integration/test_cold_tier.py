"""US-ANLYT-11, US-ANLYT-15: old parts move to S3; answers stay the same and complete."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError

from infra.clickhouse import connect
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.embedded.s3 import s3_server
from infra.endpoints import Engines
from infra.errors import EngineFailedError, UsageError
from infra.s3 import from_dsn, open_store
from infra.tiering import TABLES, statements, tier, tierings
from tests.graph.support.problems import check_problem
from tests.support import audit_facts
from tests.support.audit_facts import Fact
from tests.support.chaos import frozen
from tests.support.heartbeat import responsive_seconds
from tests.support.regulator import QUERY, audit_listener, make_certificates
from tests.support.warehouse import empty_clickhouse

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
AGES = (1, 100, 400, 1800)  # days
SECONDS = 15  # until a caller gets an error if S3 is unreachable


@dataclass(frozen=True, slots=True)
class Tiered:
    """A ClickHouse with tiers, its S3, and the facts in it."""

    clickhouse: Engine
    s3: Engine
    facts: Sequence[Fact]

    def rows(self, **body: Any) -> Sequence[Fact]:
        return audit_facts.expected("compliance", self.facts, body)


@asynccontextmanager
async def tiered(folder: Path) -> AsyncIterator[Tiered]:
    """Yields stores with facts of all ages, written before the tables had tiers."""
    random = Random(3001)
    print("seed 3001")
    moments = [NOW - timedelta(days=age, seconds=random.randrange(3_000)) for age in AGES for _ in range(80)]
    facts = [audit_facts.evaluation(random, at) for at in moments]
    async with s3_server(folder / "s3") as s3, clickhouse_server(folder / "clickhouse", s3=from_dsn(s3.dsn)) as engine:
        await empty_clickhouse(engine.dsn)
        async with connect(engine.dsn) as client:
            await audit_facts.write(client, "compliance", facts)
        yield Tiered(engine, s3, facts)


def window(young: int, old: int) -> Mapping[str, Any]:
    """The query for events between `young` and `old` days old."""
    return {
        "tenantId": "t-1",
        "from": (NOW - timedelta(days=old)).isoformat(),
        "to": (NOW - timedelta(days=young)).isoformat(),
        "limit": 10_000,
    }


HOT, WARM, COLD, ALL = window(0, 85), window(95, 310), window(390, 1_801), window(0, 1_801)


async def volumes(client: AsyncClient) -> Mapping[str, int]:
    """The number of rows on each disk."""
    result = await client.query(
        "select disk_name, sum(rows) from system.parts where active and table = 'facts_compliance' group by 1"
    )
    return {str(disk): int(count) for disk, count in result.result_rows}


async def volumes_after_moves(client: AsyncClient) -> Mapping[str, int]:
    """Waits until all three disks have rows; returns their numbers."""
    async with asyncio.timeout(120):
        while set(rows := await volumes(client)) != {"default", "anlyt_warm", "anlyt_cold"}:
            await asyncio.sleep(0.1)
    return rows


@dataclass(frozen=True, slots=True)
class Regulator:
    """A client of the audit API."""

    client: httpx.AsyncClient

    async def ask(self, body: Mapping[str, Any]) -> Sequence[Any]:
        response = await self.client.post(QUERY, json=body)
        assert response.status_code == 200, response.text
        rows: Sequence[Any] = response.json()["data"]
        return rows

    async def refused(self, body: Mapping[str, Any]) -> None:
        async with responsive_seconds() as seconds:
            detail = check_problem(await self.client.post(QUERY, json=body), 503, "DEPENDENCY_UNAVAILABLE")
            assert seconds() < SECONDS
        assert "cold tier (S3)" in detail


async def check_expired_facts_are_dropped(client: AsyncClient) -> None:
    """Facts that are older than seven years when they are written are dropped."""
    expired = [audit_facts.evaluation(Random(3003), NOW - timedelta(days=7 * 365 + 3))]
    await audit_facts.write(client, "compliance", expired)
    oldest = "select min(event_time) < now() - interval 7 year from facts_compliance"
    async with asyncio.timeout(120):
        while (await client.query(oldest)).result_rows[0][0]:
            await asyncio.sleep(0.1)


async def test_parts_move_and_answers_stay(tmp_path: Path, database: str) -> None:
    certificates = make_certificates(tmp_path)
    async with tiered(tmp_path) as store, AsyncExitStack() as stack:
        client = await stack.enter_async_context(connect(store.clickhouse.dsn))
        engines = Engines("nats://127.0.0.1:1", database, store.clickhouse.dsn)
        url = await stack.enter_async_context(audit_listener(certificates.files, engines))
        portal = httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=60)
        regulator = Regulator(await stack.enter_async_context(portal))
        ask, refused = regulator.ask, regulator.refused

        assert await volumes(client) == {"default": len(store.facts) + len(store.facts[::3])}
        before = await ask(ALL)
        assert before == store.rows(**ALL)

        assert [each.applied for each in await tierings(client)] == [False] * len(TABLES)
        assert [each.applied async for each in tier(client, None)] == [False] * len(TABLES)
        assert [each.applied async for each in tier(client, None)] == [True] * len(TABLES)
        parts = await volumes_after_moves(client)
        assert sum(parts.values()) <= len(store.facts) + len(store.facts[::3])
        assert await keys(store.s3)
        await check_expired_facts_are_dropped(client)
        for body in (ALL, HOT, WARM, COLD):
            assert await ask(body) == store.rows(**body)
            assert store.rows(**body)

        # A late fact of an old day does not need S3 to be written.
        await store.s3.stop("immediate")
        late = [audit_facts.evaluation(Random(3002), NOW - timedelta(days=700))]
        await audit_facts.write(client, "compliance", late)
        await refused(COLD)
        await refused(ALL)
        for body in (HOT, WARM):
            assert await ask(body) == store.rows(**body)

        await store.s3.start()
        whole = Tiered(store.clickhouse, store.s3, [*store.facts, *late])
        for body in (ALL, COLD):
            assert await ask(body) == whole.rows(**body)
        with frozen(store.s3):
            await client.command("system drop mark cache")
            await refused({**COLD, "verdict": "FLAG"})
            assert await ask(HOT) == store.rows(**HOT)
        async with asyncio.timeout(60):
            while (await regulator.client.post(QUERY, json=COLD)).status_code != 200:
                await asyncio.sleep(0.1)
        assert await ask(ALL) == whole.rows(**ALL)


async def test_s3_dies_while_parts_move(tmp_path: Path, seed: int) -> None:
    """While S3 is killed again and again, an answer is whole or an error; when it is back, all parts move."""
    random, counted = Random(seed), "select count() from facts_compliance final where not ignore(*)"
    async with tiered(tmp_path) as store, connect(store.clickhouse.dsn) as client:
        async for _ in tier(client, None):
            pass
        errors = 0
        for _ in range(4):
            await asyncio.sleep(random.uniform(0, 0.4))
            await store.s3.kill()
            try:
                assert (await client.query(counted)).result_rows == [(len(store.facts),)]
            except ClickHouseError:
                errors += 1
            await store.s3.start()
        parts = await volumes_after_moves(client)
        assert (await client.query(counted)).result_rows == [(len(store.facts),)]
        print(f"{errors} of 4 answers were errors while S3 was away; rows afterwards: {parts}")


async def test_cold_parts_survive_restarts_and_missing_ones_are_an_error(tmp_path: Path) -> None:
    """An answer never has fewer rows."""
    async with tiered(tmp_path) as store:
        async with connect(store.clickhouse.dsn) as client:
            async for _ in tier(client, None):
                pass
            await volumes_after_moves(client)
            counted = "select count() from facts_compliance final"
            rows = len(store.facts)
            assert (await client.query(counted)).result_rows == [(rows,)]
        await store.clickhouse.kill()
        await store.s3.kill()
        await store.s3.start()
        await store.clickhouse.start()
        async with connect(store.clickhouse.dsn) as client:
            assert (await client.query(counted)).result_rows == [(rows,)]

        await store.clickhouse.stop()
        cold = await keys(store.s3)
        await open_store(from_dsn(store.s3.dsn)).delete_async(cold[len(cold) // 2])
        await check_loss_is_reported(store.clickhouse, counted)
    with pytest.raises(UsageError, match="keeps old parts in S3"):
        async with clickhouse_server(tmp_path / "clickhouse"):
            pass


async def check_loss_is_reported(engine: Engine, sql: str) -> None:
    """Checks that the engine reports a lost object: at its start, or when it reads the part."""
    try:
        await engine.start()
    except EngineFailedError:
        return
    async with connect(engine.dsn) as client:
        with pytest.raises(ClickHouseError):
            await client.query(f"{sql} where not ignore(*)")


async def keys(s3: Engine) -> Sequence[str]:
    return [meta["path"] async for some in open_store(from_dsn(s3.dsn)).list("cold/") for meta in some]


async def test_a_server_without_the_policy_stays_as_it_is(clickhouse: Engine) -> None:
    await empty_clickhouse(clickhouse.dsn)
    async with connect(clickhouse.dsn) as client:
        assert await tierings(client) == []
        assert [each async for each in tier(client, None)] == []
        result = await client.query("select distinct storage_policy from system.tables where name like 'facts%'")
        assert result.result_rows == [("default",)]


def test_on_a_cluster() -> None:
    settings, ttl = statements("facts_dlr", "anlyt")
    assert settings.startswith("alter table anlyt.facts_dlr on cluster 'anlyt' modify setting storage_policy = ")
    assert ttl.startswith("alter table anlyt.facts_dlr on cluster 'anlyt' modify ttl toDateTime(event_time) + ")
