"""Over HTTP, no tenant sees another's rows, names of operators, or sums that include another's rows."""

import json

import pytest

from graph.access.pseudonyms import PseudonymByMno, Pseudonyms
from infra.clickhouse import connect
from infra.postgres import Pool
from tests.graph.support.api import ADMIN
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import (
    BY_CODE,
    BY_MNO,
    MNOS,
    MONEY,
    QUERY,
    RECORDS,
    REPORTS,
    TENANTS,
    Json,
    QueryClient,
    counted,
    open_query_client,
    put,
    tenant,
    window,
)

pytestmark = pytest.mark.anyio

ARROW = "application/vnd.apache.arrow.stream"


@pytest.mark.parametrize("name", TENANTS)
async def test_a_tenant_sees_its_own(query_client: QueryClient, name: str) -> None:
    query = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["status"], "time": window(granularity="none")}
    mine = await query_client.ask({**query, "dimensions": ["tenantId", "status"], "totals": True}, tenant(name))
    assert {row["status"]: row["messages"] for row in mine["data"]} == counted("status", name)
    assert {row["tenantId"] for row in mine["data"]} == {name}
    assert mine["totals"]["messages"] == sum(counted("status", name).values())
    others = {"field": "tenantId", "op": "ne", "value": name}
    assert (await query_client.ask({**query, "filter": others}, tenant(name)))["data"] == []
    everyone = {"or": [others, {"field": "tenantId", "op": "eq", "value": name}]}
    assert (await query_client.ask({**query, "filter": everyone}, tenant(name)))["data"] == (
        await query_client.ask(query, tenant(name))
    )["data"]


async def test_the_platform_sees_all(query_client: QueryClient) -> None:
    query = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["tenantId"], "time": window()}
    rows = (await query_client.ask(query, ADMIN))["data"]
    assert {row["tenantId"]: row["messages"] for row in rows} == counted("tenant_id", None)


@pytest.mark.parametrize("accept", ["application/json", "text/csv", ARROW])
@pytest.mark.parametrize("name", [None, "", "unknown"])
async def test_a_portal_without_a_tenant_sees_nothing(query_client: QueryClient, name: str | None, accept: str) -> None:
    """`unknown` marks facts without a tenant, and belongs to no tenant."""
    caller = {"X-Caller": "customer-portal", "X-Account-Id": "acc-1"}
    if name is not None:
        caller["X-Tenant-Id"] = name
    check_problem(await query_client.post(BY_CODE, caller, accept), 403, "FORBIDDEN")
    (error,) = (await query_client.graphql(BY_CODE, caller, "data"))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


async def test_an_unidentified_caller_is_refused(query_client: QueryClient) -> None:
    check_problem(await query_client.post(BY_CODE, {}), 401, "UNAUTHENTICATED")
    check_problem(await query_client.client.get("/v1/anlyt/catalog"), 401, "UNAUTHENTICATED")


async def test_without_an_addendum_mnos_are_pseudonyms(query_client: QueryClient, pool: Pool) -> None:
    caller = tenant("t-1")
    rows = (await query_client.ask({**BY_MNO, "dimensions": ["mno"]}, caller))["data"]
    assert sorted(row["messages"] for row in rows) == sorted(counted("mno", "t-1").values())
    names = {row["mno"] for row in rows}
    assert "unknown" in names
    assert all(name.startswith("MNO-") for name in names - {"unknown"})
    assert not names & {*MNOS, "MNO-?"} - {"unknown"}
    for name in names:
        only = await query_client.ask({**BY_MNO, "filter": {"field": "mno", "op": "eq", "value": name}}, caller)
        assert {row["mno"] for row in only["data"]} == {name}
    whole = await query_client.client.post(QUERY, json={**BY_MNO, "explain": True}, headers=dict(caller))
    assert "AWCC" not in whole.text


async def test_a_real_name_is_refused_like_any_other_text(query_client: QueryClient) -> None:
    answers = []
    for name in ("AWCC", "NEVER"):
        query = {**BY_MNO, "filter": {"field": "mno", "op": "eq", "value": name}}
        response = await query_client.post(query, tenant("t-2"))
        answers.append((response.status_code, response.text.replace(name, "?").split("requestId")[0]))
    if answers[0][0] == 200:
        answers = [(status, json.dumps(json.loads(text)["data"])) for status, text in answers]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("dimension", ["operatorId", "destinationPrefix"])
async def test_dimensions_that_reveal_the_mno_need_an_addendum(query_client: QueryClient, dimension: str) -> None:
    grouped = {**BY_MNO, "dimensions": [dimension]}
    filtered = {**BY_MNO, "filter": {"field": dimension, "op": "eq", "value": "op-1"}}
    for query in (grouped, filtered):
        check_problem(await query_client.post(query, tenant("t-2")), 400, "INVALID_QUERY")
        await query_client.ask(query, ADMIN)


async def test_an_addendum_shows_names_until_it_is_revoked(query_client: QueryClient, pool: Pool, filled: str) -> None:
    query = {**BY_MNO, "dimensions": ["mno"]}
    before = await query_client.ask({**query, "limit": 1}, tenant("t-3"))
    await pool.execute("insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-3', now())")
    async with open_query_client(pool, filled) as other:  # another process, without caches
        named = await other.ask(query, tenant("t-3"))
        assert {row["mno"]: row["messages"] for row in named["data"]} == counted("mno", "t-3")
        await other.ask({**query, "dimensions": ["operatorId"]}, tenant("t-3"))
        old = await other.post({**query, "limit": 1, "after": before["page"]["endCursor"]}, tenant("t-3"))
        check_problem(old, 400, "INVALID_QUERY")
    await pool.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = 't-3'")
    async with open_query_client(pool, filled) as other:
        masked = await other.ask(query, tenant("t-3"))
    assert {row["mno"] for row in masked["data"]} & set(MNOS) == {"unknown"}
    assert masked["data"][0] == before["data"][0]


async def test_a_new_mno_gets_a_pseudonym_immediately(query_client: QueryClient, filled: str) -> None:
    late = [
        {**REPORTS[0], "tenant_id": "t-new", "mno": name, "event_key": key} for key, name in enumerate(("X1", "X2"))
    ]
    async with connect(filled) as client:
        await put(client, "facts_dlr", late)
    facts = {**BY_MNO, "dimensions": ["mno", "errorCode"]}
    first = await query_client.ask(facts, tenant("t-new"))
    names = [row["mno"] for row in first["data"]]
    assert len(set(names)) == 2
    assert not set(names) & {"MNO-?", "X1", "X2"}
    assert (await query_client.ask(facts, tenant("t-new")))["data"] == first["data"]


async def test_a_pseudonym_of_another_process_is_shown(
    query_client: QueryClient, pool: Pool, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process assigns it after the query was compiled and before it is answered."""
    async with connect(filled) as client:
        await put(client, "facts_dlr", [{**REPORTS[0], "tenant_id": "t-raced", "mno": "X3", "event_key": 3}])
    of_tenant = Pseudonyms.of_tenant
    assigned: list[PseudonymByMno] = []

    async def then_assigned(pseudonyms: Pseudonyms, tenant_id: str) -> PseudonymByMno:
        before = await of_tenant(pseudonyms, tenant_id)
        assigned.append(await Pseudonyms(pool).assign(tenant_id, ["X3"]))
        return before

    monkeypatch.setattr(Pseudonyms, "of_tenant", then_assigned)
    answer = await query_client.ask({**BY_MNO, "dimensions": ["mno", "errorCode"]}, tenant("t-raced"))
    assert [row["mno"] for row in answer["data"]] == [(assigned[0] or {})["X3"]]


async def test_money_of_several_currencies_is_not_added(query_client: QueryClient) -> None:
    query: Json = {**MONEY, "dimensions": [], "measures": ["cost"]}
    (row,) = (await query_client.ask(query, tenant("t-1")))["data"]
    amounts = [record["charge_amount"] for record in RECORDS if record["tenant_id"] == "t-1"]
    assert row["cost"] == f"{sum(amounts):.6f}"
    assert check_problem(await query_client.post(query, tenant("t-3")), 400, "INVALID_QUERY").count("currency")
    usd = {"field": "currency", "op": "eq", "value": "USD"}
    assert len((await query_client.ask({**query, "filter": usd}, tenant("t-3")))["data"]) == 1
