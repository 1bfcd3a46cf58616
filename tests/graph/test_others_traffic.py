"""Other tenants' traffic changes no answer of a tenant, except the freshness of the stores as a whole."""

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, Final

import httpx
import pytest

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.queries import (
    BY_CODE,
    BY_MNO,
    COMPARED,
    MARK_DATA_AS_OF,
    MONEY,
    QUERY,
    START,
    Json,
    QueryClient,
    Row,
    fill,
    open_query_client,
    put,
    records,
    reports,
    tenant,
    window,
)
from tests.graph.support.store import HOUR, Store
from tests.graph.support.store import Row as Hour
from tests.graph.support.warehouse_facts import FILL_CUBES

pytestmark = pytest.mark.anyio

MINE, OTHER, NEWCOMER = tenant("t-1"), "t-2", tenant("t-new")
WHEN: Final = "from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"
GRAPHQL_WHEN: Final = 'from: "2026-10-01T00:00:00Z", to: "2026-10-04T00:00:00Z"'
INTERVAL: Final = 'window: "2026-10-01T00:00:00Z/2026-10-04T00:00:00Z"'
# The contract: the newest event time whose effect is in the store as a whole. And times that pass.
TIMES: Final = re.compile(
    r'\\?"(dataAsOf|completeUntil|elapsedMs|lagSeconds)\\?": ?(\\?"[0-9TZ:.+-]*\\?"|null|[0-9.]+)|\d+ s\b'
)
EVALUATED: Final[Json] = {"dataset": "compliance", "measures": ["evaluations"], "time": window()}
QUERIES: Final[Sequence[Json]] = [
    BY_CODE,
    BY_MNO,
    COMPARED,
    MONEY,
    EVALUATED,
    {**BY_MNO, "limit": 2},
    {**BY_CODE, "dimensions": [], "time": window(granularity="none")},
    {**BY_CODE, "dimensions": ["tenantId"]},
    {**BY_MNO, "dimensions": ["accountId"], "having": {"field": "messages", "op": "gte", "value": 1}},
    {**BY_MNO, "filter": {"field": "tenantId", "op": "eq", "value": OTHER}},
    {**BY_MNO, "filter": {"field": "mno", "op": "eq", "value": "AWCC"}},
    {**BY_MNO, "dimensions": ["operatorId"]},
    {"dataset": "dlr", "measures": ["p95LatencyMs", "maxTps"], "time": {**window(), "to": "2026-10-03T12:00:00Z"}},
    {"dataset": "dlr", "measures": ["nothing"], "time": window()},
]
FIELDS: Final = [
    f'account(id: "acc-1", {GRAPHQL_WHEN}) {{ messagesSent totalCost dailyBreakdown {{ date sent }} }}',
    f'account(id: "acc-2", {GRAPHQL_WHEN}) {{ messagesSent }}',
    f"summary({GRAPHQL_WHEN}) {{ totalMessages }}",
    f'operator(id: "op-1", {GRAPHQL_WHEN}) {{ totalMessages }}',
    f'throughput({GRAPHQL_WHEN}, accountId: "acc-1") {{ series {{ messages }} }}',
    f'trend({GRAPHQL_WHEN}, accountId: "acc-1") {{ totalMessages series {{ messages }} }}',
    f"topOperators({GRAPHQL_WHEN}) {{ dataAsOf }}",
    f"deliveryBreakdown({GRAPHQL_WHEN}) {{ dataAsOf }}",
    "operators { totalCount }",
    "accounts { totalCount edges { node { accountId } } }",
    "reconciliation { edges { node { ours } } }",
    "catalog { granularities }",
    "freshness { dataAsOf projections { projection dataAsOf } }",
    f"mnoQuality({INTERVAL}) {{ mnos {{ mno messages share deliveryRate suppressed }} dataAsOf }}",
    f'mnoQuality({INTERVAL}, tenantId: "{OTHER}") {{ mnos {{ mno messages }} }}',
    f"costQuality({INTERVAL}) {{ mnos {{ mno cost }} }}",
]
PATHS: Final = [
    f"/v1/internal/analytics/accounts/acc-1/usage?{WHEN}",
    f"/v1/internal/analytics/accounts/acc-2/usage?{WHEN}",
    f"/v1/internal/analytics/throughput?{WHEN}&accountId=acc-1",
    f"/v1/internal/analytics/throughput?{WHEN}&resolution=1m&accountId=acc-1",
    f"/v1/internal/analytics/throughput?{WHEN}&operatorId=op-1",
    f"/v1/internal/analytics/summary?{WHEN}",
    f"/v1/internal/analytics/operators/op-1/performance?{WHEN}",
    f"/v1/internal/analytics/top-operators?{WHEN}",
    f"/v1/internal/analytics/delivery-breakdown?{WHEN}",
    f"/v1/insights/mno-quality?{WHEN}",
    f"/v1/insights/mno-quality?{WHEN}&tenantId={OTHER}",
    f"/v1/insights/cost-quality?{WHEN}",
    "/v1/anlyt/catalog",
    "/openapi.json",
    "/asyncapi.json",
    "/health/ready",
]


def of(tenants: str, rows: Sequence[Row], first_key: int = 0) -> Sequence[Row]:
    """The same rows, for another tenant."""
    return [{**row, "tenant_id": tenants, "event_key": first_key + number} for number, row in enumerate(rows)]


@pytest.fixture
async def warehouse(clickhouse: Engine) -> str:
    """A ClickHouse with the data of one tenant only."""
    await fill(
        clickhouse.dsn,
        facts_dlr=of("t-1", reports(Random(31), 400)),
        facts_cdr=of("t-1", records(Random(32), 200)),
    )
    return clickhouse.dsn


@pytest.fixture
async def query_client(pool: Pool, store: Store, warehouse: str) -> AsyncIterator[QueryClient]:
    # The store reaches past the window: whether a day is complete follows from `dataAsOf`.
    await store.put([counted("acc-1", 3), counted("platform", 3)], START + timedelta(days=8))
    async with open_query_client(pool, warehouse, replace(read_settings({}), rate_limit=0)) as opened:
        yield opened


def counted(subject: str, messages: int) -> Hour:
    scope = {"platform": "PLATFORM", "op-1": "OPERATOR"}.get(subject, "ACCOUNT")
    return Hour(START + 5 * HOUR, scope, subject, messages=messages, delivered=messages // 2, segments=messages)


async def others_send(dsn: str, store: Store) -> None:
    """Inserts much more data of other tenants, at the same times and later, over all MNOs, operators and accounts."""
    later = timedelta(days=9)
    some = reports(Random(33), 1500)
    async with connect(dsn) as client:
        for name in ("a-first", OTHER, "zz-last"):  # before and after it in the sort key
            await put(client, "facts_dlr", of(name, some, 10_000))
            await put(client, "facts_dlr", of(name, [{**row, "event_time": START + later} for row in some[:3]], 20_000))
            await put(client, "facts_cdr", of(name, records(Random(34), 900), 10_000))
        for table in ("cube_dlr_hourly", "cube_dlr_daily", "cube_cdr_hourly", "cube_cdr_daily", "data_as_of"):
            await client.command(f"truncate table anlyt.{table}")
        for statement in (*FILL_CUBES, MARK_DATA_AS_OF):
            await client.command(statement)
    sent = [counted("platform", 900), counted("op-1", 900), counted("acc-2", 900)]
    await store.put(sent, START + later)
    await store.connection.execute("insert into anlyt.accounts values ('acc-2') on conflict do nothing")


# A validator changes when anything on its days is counted: a hash, which says no more than `dataAsOf`. Durations are in
# answers of development only.
MOVED: Final = frozenset({"content-length", "etag", "server-timing"})


def received(response: httpx.Response) -> tuple[int, str, Mapping[str, str]]:
    """All that the caller receives, without times."""
    headers = {name: TIMES.sub("", value) for name, value in response.headers.items() if name not in MOVED}
    text = response.content.decode(errors="replace")
    return response.status_code, TIMES.sub("", text), headers


async def every_answer(query_client: QueryClient, caller: Mapping[str, str]) -> Mapping[str, Any]:
    """All requests that a tenant can make, each with its response."""
    caller = {**caller, "X-Request-Id": "same"}
    answers: dict[str, Any] = {path: received(await query_client.client.get(path, headers=caller)) for path in PATHS}
    for number, base in enumerate(QUERIES):
        for more in ({}, {"explain": True}, {"totals": True}):
            query: Json = {**base, **more}
            for accept in ("application/json", "text/csv"):
                answers[f"{number} {accept} {json.dumps(query)}"] = received(
                    await query_client.post(query, caller, accept)
                )
            fields = (
                "data totals explain { table estimatedRows reasons statements { sql } } page { endCursor hasNextPage } "
                "meta { source truncated dataAsOf }"
            )
            answers[f"{number} graphql {json.dumps(query)}"] = TIMES.sub(
                "", json.dumps(await query_client.graphql(query, caller, fields))
            )
    for field in FIELDS:
        response = await query_client.client.post("/graphql", json={"query": f"{{ {field} }}"}, headers=caller)
        answers[field] = received(response)
    first = await query_client.ask({**BY_MNO, "limit": 2}, caller)
    if cursor := first["page"]["endCursor"]:
        answers["page 2"] = received(await query_client.post({**BY_MNO, "limit": 2, "after": cursor}, caller))
    return answers


@pytest.mark.parametrize("caller", [MINE, NEWCOMER], ids=["has events", "has none"])
async def test_no_answer_changes(
    query_client: QueryClient, store: Store, warehouse: str, caller: Mapping[str, str]
) -> None:
    await every_answer(query_client, caller)  # draws pseudonyms
    before = await every_answer(query_client, caller)
    await others_send(warehouse, store)
    after = await every_answer(query_client, caller)
    assert {request: (before[request], after[request]) for request in before if before[request] != after[request]} == {}
    moved = [each for each in before.values() if isinstance(each, tuple) and each[0] == 200]
    assert len(moved) > len(QUERIES)  # they were answers, not refusals


async def test_a_tenant_does_not_see_the_engines_estimate(
    query_client: QueryClient, store: Store, warehouse: str
) -> None:
    await others_send(warehouse, store)
    for caller in (MINE, NEWCOMER):
        explained = (await query_client.ask({**BY_CODE, "explain": True}, caller))["explain"]
        assert explained["estimatedRows"] is None
        assert explained["statements"] is None
        assert explained["table"] == "facts_dlr"


async def test_a_tenant_is_charged_for_its_own_rows(pool: Pool, store: Store, warehouse: str) -> None:
    """One query overdraws the budget, so the time to wait shows how many rows it was charged."""
    per_minute = 60  # one second of waiting per row

    async def wait(caller: Mapping[str, str], query: Json) -> int:
        async with open_query_client(
            pool, warehouse, replace(read_settings({}), query_rows_per_minute=per_minute)
        ) as query_client:
            await query_client.ask(query, caller)
            refused = await query_client.post(query, caller)
            return int(refused.headers.get("retry-after", 0))

    one = {**BY_CODE, "totals": False}
    before = {json.dumps(query): await wait(MINE, query) for query in (one, BY_CODE, COMPARED, MONEY)}
    assert before[json.dumps(one)] == pytest.approx(400 - per_minute, abs=5)
    assert before[json.dumps(BY_CODE)] == pytest.approx(2 * 400 - per_minute, abs=5)
    await others_send(warehouse, store)
    for query, seconds in before.items():
        assert await wait(MINE, json.loads(query)) == pytest.approx(seconds, abs=5)
        assert await wait(NEWCOMER, json.loads(query)) == 0


async def test_the_platform_is_charged_for_the_rows_that_the_engine_read(
    pool: Pool, store: Store, warehouse: str
) -> None:
    await others_send(warehouse, store)
    caller = {"X-Caller": "admin-dashboard"}
    async with open_query_client(pool, warehouse, replace(read_settings({}), query_rows_per_minute=10)) as query_client:
        explained = await query_client.ask({**BY_CODE, "explain": True}, caller)
        assert explained["explain"]["estimatedRows"] >= 3 * 1500
        await query_client.ask(BY_CODE, caller)
        refused = await query_client.client.post(QUERY, json=BY_CODE, headers=caller)
        assert refused.status_code == 429
