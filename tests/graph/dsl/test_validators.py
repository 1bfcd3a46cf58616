"""Validators of queries and insights: an answer that differs has another tag, whatever facts and rights do."""

from collections.abc import Mapping
from random import Random
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import connect
from infra.postgres import Pool
from tests.graph.support.api import ADMIN
from tests.graph.support.queries import (
    BY_CODE,
    BY_MNO,
    COMPARED,
    MARK_DATA_AS_OF,
    MONEY,
    QUERY,
    TENANTS,
    Json,
    QueryClient,
    put,
    reports,
    tenant,
    window,
)
from tests.graph.support.validators import Ask, SeenAnswers
from tests.graph.support.warehouse_facts import FILL_CUBES

pytestmark = pytest.mark.anyio

ROUNDS = 9
FEW: Json = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["status"], "time": window(), "limit": 2}
CUBE: Json = {**FEW, "dimensions": ["mno", "status"], "limit": 100}
EARLIER: Json = {**CUBE, "time": {"from": "2026-08-01T00:00:00Z", "to": "2026-08-04T00:00:00Z"}}
QUERIES = [BY_CODE, BY_MNO, COMPARED, MONEY, FEW, CUBE, EARLIER]
CALLERS = [ADMIN, tenant(TENANTS[0])]
INSIGHT = "/v1/insights/mno-quality?from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"


async def test_the_same_tag_means_the_same_answer(
    seed: int, query_client: QueryClient, filled: str, pool: Pool
) -> None:
    random = Random(seed)
    seen = [SeenAnswers(ask) for ask in requests(query_client)]
    async with connect(filled) as client:
        for _ in range(ROUNDS):
            await change(random, client, pool)
            for each in random.sample(seen, 5):
                await each.check()
        await pool.execute(ADDENDUM, TENANTS[0])
        for each in seen:
            await each.check()
            is_known = await each.check()  # nothing has changed
            assert is_known is bool(each.by_tag)
        await pool.execute(REVOKE)
        for each in seen:
            await each.check()
    assert sum(not each.by_tag for each in seen) == len(CALLERS)  # EARLIER, where no fact is: nothing to compare
    assert max(len(each.by_tag) for each in seen) > 2


ADDENDUM = "insert into anlyt.data_share_addenda (tenant_id, valid_from) values ($1, now() - interval '1 day')"
REVOKE = "update anlyt.data_share_addenda set revoked_at = now()"


async def change(random: Random, client: AsyncClient, pool: Pool) -> None:
    """New facts, cubes that follow them later, a merge, and addenda that come and go."""
    match random.randrange(6):
        case 0 | 1:
            await put(client, "facts_dlr", reports(random, 20))
        case 2:
            for statement in (*FILL_CUBES, MARK_DATA_AS_OF):
                await client.command(statement)
        case 3:
            await client.command("optimize table anlyt.facts_dlr final")
        case 4:
            await pool.execute(ADDENDUM, TENANTS[0])
        case _:
            await pool.execute(REVOKE)


def requests(client: QueryClient) -> list[Ask]:
    asks = [_query(client, query, caller) for query in QUERIES for caller in CALLERS]
    return [*asks, *(_insight(client, caller) for caller in CALLERS)]


def _query(client: QueryClient, query: Json, caller: Mapping[str, str]) -> Ask:
    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await client.client.post(QUERY, json=query, headers={**caller, **headers})

    return ask


def _insight(client: QueryClient, caller: Mapping[str, str]) -> Ask:
    async def ask(headers: Mapping[str, str]) -> httpx.Response:
        return await client.client.get(INSIGHT, headers={**caller, **headers})

    return ask


async def tag(client: QueryClient, query: Json, caller: Mapping[str, str], **headers: str) -> Any:
    response = await client.client.post(QUERY, json=query, headers={**caller, **headers})
    assert response.status_code == 200, response.text
    return response.headers.get("etag")


async def test_other_callers_formats_and_pages_have_other_tags(query_client: QueryClient) -> None:
    first = await query_client.ask(FEW, ADMIN)
    tags = [
        await tag(query_client, FEW, ADMIN),
        await tag(query_client, FEW, {"X-Caller": "finance-dashboard"}),
        *[await tag(query_client, FEW, tenant(name)) for name in TENANTS],
        await tag(query_client, FEW, ADMIN, accept="text/csv"),
        await tag(query_client, FEW, ADMIN, accept="application/vnd.apache.arrow.stream"),
        await tag(query_client, {**FEW, "limit": 3}, ADMIN),
        await tag(query_client, {**FEW, "after": first["page"]["endCursor"]}, ADMIN),
    ]
    assert None not in tags
    assert len(set(tags)) == len(tags)
    assert await tag(query_client, FEW, ADMIN, **{"accept-encoding": "br"}) == tags[0]  # a weak tag


async def test_what_changes_with_the_clock_has_no_repeated_tag(query_client: QueryClient) -> None:
    recent = {**FEW, "time": {"last": "90d"}}
    assert await tag(query_client, recent, ADMIN) != await tag(query_client, recent, ADMIN)
    assert await tag(query_client, {**FEW, "explain": True}, ADMIN) is None
