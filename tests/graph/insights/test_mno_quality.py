"""mnoQuality equals brute force in REST and GraphQL, over a tenant's own traffic, under its own pseudonyms."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.insights.mno_quality import FEWEST, figures
from infra.clickhouse import connect
from infra.postgres import Pool, open_pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import REPORTS, expected_quality, quality
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import QueryClient, open_query_client, put, tenant

pytestmark = pytest.mark.anyio

PATH = "/v1/insights/mno-quality?from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"
FIGURES = (
    "messages",
    "terminal",
    "share",
    "deliveryRate",
    "errorRate",
    "esmeErrorRate",
    "p50LatencyMs",
    "p95LatencyMs",
)
NOWHERE = "http://127.0.0.1:1/anlyt"
COUNTS = st.dictionaries(st.text("ABC", min_size=1, max_size=3), st.tuples(st.integers(0, 60), st.integers(0, 60)))


def figures_of(answer: Any) -> Mapping[str, Any]:
    """The figures of an answer in the form of expected_quality."""
    return {
        row["mno"]: None
        if row["suppressed"]
        else (row["messages"], row["terminal"], row["deliveryRate"], row["errorRate"], row["esmeErrorRate"])
        for row in answer["mnos"]
    }


def own(name: str) -> Sequence[Mapping[str, Any]]:
    return [row for row in REPORTS if row["tenant_id"] == name]


async def unmaskings(pool: Pool, name: str) -> Sequence[tuple[str, ...]]:
    rows = await pool.fetch(
        "select caller, request_id, what from anlyt.unmasking_log where tenant_id = $1 order by unmasking_id", name
    )
    return [tuple(row) for row in rows]


async def test_the_platform_reads_names_of_all_traffic(query_client: QueryClient, pool: Pool) -> None:
    answer = await quality(query_client, ADMIN)
    assert figures_of(answer) == expected_quality(REPORTS)
    assert answer["window"] == {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z"}
    assert sum(row["share"] for row in answer["mnos"] if row["share"]) == pytest.approx(1, abs=0.001)
    latencies = sorted(row["latency_ms"] for row in REPORTS if row["mno"] == "AWCC" and row["status"] != "PENDING")
    (awcc,) = (row for row in answer["mnos"] if row["mno"] == "AWCC")
    for name, rank in (("p50LatencyMs", 0.5), ("p95LatencyMs", 0.95)):
        near = [latencies[round(len(latencies) * (rank + off))] for off in (-0.02, 0.02)]
        assert near[0] <= awcc[name] <= near[1]
    assert not await pool.fetch("select from anlyt.unmasking_log")


async def test_the_platform_may_filter_by_tenant_lane_and_direction(query_client: QueryClient) -> None:
    assert figures_of(await quality(query_client, ADMIN, tenantId="t-1")) == expected_quality(own("t-1"))
    chosen = [row for row in REPORTS if (row["lane"], row["direction"]) == ("OTP", "MO")]
    assert figures_of(await quality(query_client, ADMIN, lane="OTP", direction="MO")) == expected_quality(chosen)
    assert figures_of(await quality(query_client, ADMIN, direction="unknown")) == {}


@pytest.mark.parametrize("name", ["t-1", "t-2"])
async def test_a_tenant_reads_its_own_traffic_under_pseudonyms(
    query_client: QueryClient, pool: Pool, name: str
) -> None:
    answer = await quality(query_client, tenant(name))
    pseudonyms = {
        row["mno"]: row["pseudonym"]
        for row in await pool.fetch("select mno, pseudonym from anlyt.mno_pseudonyms where tenant_id = $1", name)
    }
    mine = expected_quality(own(name), FEWEST)
    assert figures_of(answer) == {pseudonyms.get(mno, mno): figures for mno, figures in mine.items()}
    names = [row["mno"] for row in answer["mnos"]]
    assert names == sorted(names)
    assert not {*names} & {*pseudonyms}
    assert not await unmaskings(pool, name)


async def test_a_tenant_cannot_choose_another(query_client: QueryClient) -> None:
    for other in ("t-1", "unheard-of"):
        assert (await quality(query_client, tenant("t-2"), tenantId=other))["mnos"] == []
    assert (await quality(query_client, tenant("t-2"), tenantId="t-2")) == await quality(query_client, tenant("t-2"))
    check_problem(await query_client.client.get(PATH, headers={"X-Caller": "customer-portal"}), 403, "FORBIDDEN")


async def test_few_messages_are_suppressed_under_pseudonyms(query_client: QueryClient, pool: Pool) -> None:
    """19 terminal reports of SALAAM are suppressed, however many are pending; 20 of ETISALAT_AF are not."""
    answer = await quality(query_client, tenant("t-2"))
    pseudonyms = {
        row["mno"]: row["pseudonym"]
        for row in await pool.fetch("select mno, pseudonym from anlyt.mno_pseudonyms where tenant_id = 't-2'")
    }
    by_mno = {row["mno"]: row for row in answer["mnos"]}
    few, enough = by_mno[pseudonyms["SALAAM"]], by_mno[pseudonyms["ETISALAT_AF"]]
    assert few["suppressed"]
    assert few["lowSample"]
    assert {few[figure] for figure in FIGURES} == {None}
    assert (enough["messages"], enough["terminal"], enough["deliveryRate"]) == (20, 20, 1)
    assert enough["lowSample"]


async def test_few_messages_have_figures_for_readers_of_names(
    query_client: QueryClient, pool: Pool, filled: str
) -> None:
    """They are the platform and tenants with an addendum, who get `lowSample`. `messages` includes pending ones."""
    await pool.execute(IN_FORCE, "t-2")
    try:
        async with open_query_client(pool, filled) as other:
            answers = [await quality(other, ADMIN, tenantId="t-2"), await quality(other, tenant("t-2"))]
    finally:
        await pool.execute("delete from anlyt.data_share_addenda where tenant_id = 't-2'")
    assert answers[0]["mnos"] == answers[1]["mnos"]
    (few,) = [row for row in answers[0]["mnos"] if row["mno"] == "SALAAM"]
    assert (few["messages"], few["terminal"], few["deliveryRate"]) == (24, 19, 1)
    assert (few["suppressed"], few["lowSample"]) == (False, True)
    assert few["p95LatencyMs"] is not None


async def test_messages_equal_those_of_a_query(query_client: QueryClient) -> None:
    query = {**BY_FACTS, "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-04T00:00:00Z"}}
    rows = (await query_client.ask(query, ADMIN))["data"]
    answer = await quality(query_client, ADMIN)
    assert {row["mno"]: row["messages"] for row in answer["mnos"]} == {row["mno"]: row["messages"] for row in rows}


@given(COUNTS, st.permutations(range(30)))
def test_the_order_does_not_depend_on_volume(counts: Mapping[str, tuple[int, int]], order: Sequence[int]) -> None:
    """Whatever order the engine gives rows in, and however many messages they have: the order is that of names.

    Shares tell nothing of what is suppressed: they are what they would be without it.
    """
    rates = dict.fromkeys(("deliveryRate", "errorRate", "esmeErrorRate", "p50LatencyMs", "p95LatencyMs"), 1)
    rows: list[dict[str, Any]] = [
        {"mno": mno, "messages": sum(each) + 3, "delivered": each[0], "failed": each[1], **rates}
        for mno, each in counts.items()
    ]
    shuffled = [rows[index] for index in order if index < len(rows)] + rows[30:]
    made = figures(shuffled, FEWEST)
    assert [row.mno for row in made] == sorted(counts)
    assert [row.suppressed for row in made] == [sum(counts[row.mno]) < FEWEST for row in made]
    kept = figures([row for row in rows if sum(counts[row["mno"]]) >= FEWEST], FEWEST)
    assert [row for row in made if not row.suppressed] == kept
    assert not any(row.suppressed for row in figures(shuffled, 0))


async def test_pseudonyms_are_stable_and_differ_between_tenants(
    query_client: QueryClient, pool: Pool, filled: str
) -> None:
    """Covers another process, another window and MNOs that are added later."""
    before = await quality(query_client, tenant("t-1"))
    names = {row["mno"] for row in before["mnos"]}
    late = {**REPORTS[0], "tenant_id": "t-late", "status": "DELIVERED"}
    async with connect(filled) as client:
        rows = [{**late, "mno": f"NEW_{number % 2}", "event_key": 50_000 + number} for number in range(45)]
        await put(client, "facts_dlr", rows)
    day = late["event_time"].date()
    async with open_query_client(pool, filled) as other:
        assert await quality(other, tenant("t-1")) == before
        cut = await quality(other, tenant("t-1"), window="2026-10-01T07:00:00Z/2026-10-03T00:00:00Z")
        assert {row["mno"] for row in cut["mnos"]} <= names
        # Facts of an hour that no cube has yet: the window cuts through a cell, so that facts answer.
        query = {**BY_FACTS, "time": {"from": f"{day}T00:00:00Z", "to": f"{day}T23:59:59.999999Z"}}
        new_mnos = {row["mno"] for row in (await other.ask(query, tenant("t-late")))["data"]}
    assert len(new_mnos) == 2
    assert all(name.startswith("MNO-") and name != "MNO-?" for name in new_mnos)
    drawn = await pool.fetch(
        "select array_agg(pseudonym order by mno) as pseudonyms from anlyt.mno_pseudonyms group by tenant_id"
    )
    assert len({tuple(row["pseudonyms"][:5]) for row in drawn}) == len(drawn)


BY_FACTS: dict[str, Any] = {"dataset": "dlr", "measures": ["messages"], "dimensions": ["mno"]}
ADDENDUM = "insert into anlyt.data_share_addenda (tenant_id, valid_from, valid_to) values ($1, {}, {})"
IN_FORCE = ADDENDUM.format("now()", "null")


@pytest.mark.parametrize(
    "times",
    [("now() + interval '1 hour'", "null"), ("now() - interval '2 hours'", "now() - interval '1 hour'")],
    ids=["to come", "expired"],
)
async def test_an_addendum_that_is_not_in_force_discloses_nothing(
    pool: Pool, filled: str, times: tuple[str, str]
) -> None:
    await pool.execute(ADDENDUM.format(*times), "t-1")
    async with open_query_client(pool, filled) as query_client:
        names = {row["mno"] for row in (await quality(query_client, tenant("t-1")))["mnos"]}
    assert all(name.startswith("MNO-") for name in names - {"unknown"})
    assert not await unmaskings(pool, "t-1")


async def test_an_addendum_shows_names_and_every_answer_is_logged(pool: Pool, filled: str) -> None:
    await pool.execute(IN_FORCE, "t-3")
    caller = {**tenant("t-3"), "X-Request-Id": "request-1"}
    async with open_query_client(pool, filled) as query_client:
        assert figures_of(await quality(query_client, caller)) == expected_quality(own("t-3"))
        assert await unmaskings(pool, "t-3") == [("customer-portal", "request-1", "dlr: mno")] * 2
        query = {**BY_FACTS, "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}}
        only = {"field": "operatorId", "op": "eq", "value": "op-1"}
        await query_client.ask({**query, "filter": only}, caller)
        await query_client.ask({**query, "dimensions": ["lane"]}, caller)  # reveals no MNO
        assert (await unmaskings(pool, "t-3"))[2:] == [("customer-portal", "request-1", "dlr: operatorId, mno")]
        check_problem(await query_client.client.get(PATH + "&lane=no%20lane", headers=caller), 400, "INVALID_QUERY")
    await pool.execute("update anlyt.data_share_addenda set revoked_at = now() where tenant_id = 't-3'")
    async with open_query_client(pool, filled) as query_client:
        names = {row["mno"] for row in (await quality(query_client, caller))["mnos"]}
    assert all(name.startswith("MNO-") for name in names - {"unknown"})
    assert len(await unmaskings(pool, "t-3")) == 3


async def test_names_that_cannot_be_logged_are_not_returned(pool: Pool, filled: str) -> None:
    await pool.execute(IN_FORCE, "t-2")
    await pool.execute("alter table anlyt.unmasking_log rename to gone")
    try:
        async with open_query_client(pool, filled) as query_client:
            response = await query_client.client.get(PATH, headers=dict(tenant("t-2")))
            assert response.status_code >= 500
            assert "AWCC" not in response.text
    finally:
        await pool.execute("alter table anlyt.gone rename to unmasking_log")
        await pool.execute("delete from anlyt.data_share_addenda where tenant_id = 't-2'")


async def test_the_query_budget_applies(pool: Pool, filled: str) -> None:
    async with open_query_client(pool, filled, replace(read_settings({}), query_rows_per_minute=10)) as query_client:
        await query_client.client.get(PATH, headers=dict(tenant("t-1")))
        response = await query_client.client.get(PATH, headers=dict(tenant("t-1")))
        check_problem(response, 429, "RATE_LIMITED")
        assert int(response.headers["retry-after"]) > 0
        assert (await query_client.client.get(PATH, headers=dict(tenant("t-3")))).status_code == 200


async def test_without_clickhouse_the_dependency_is_unavailable(pool: Pool) -> None:
    async with open_query_client(pool, NOWHERE) as query_client:
        for caller in (ADMIN, tenant("t-1")):
            check_problem(await query_client.client.get(PATH, headers=dict(caller)), 503, "DEPENDENCY_UNAVAILABLE")
        body = {"query": "{ mnoQuality { dataAsOf } costQuality { dataAsOf } }"}
        answer = (await query_client.client.post("/graphql", json=body, headers=dict(ADMIN))).json()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["DEPENDENCY_UNAVAILABLE"] * 2


async def test_without_postgres_a_tenant_reads_nothing(filled: str) -> None:
    async with (
        open_pool("postgresql://nobody@127.0.0.1:1/none", size=2) as nowhere,
        open_query_client(nowhere, filled) as query_client,
    ):
        check_problem(await query_client.client.get(PATH, headers=dict(tenant("t-1"))), 503, "DEPENDENCY_UNAVAILABLE")
        assert (await query_client.client.get(PATH, headers=dict(ADMIN))).status_code == 200


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("from=1999-12-31T00:00:00Z&to=2000-01-02T00:00:00Z", "INVALID_WINDOW"),
        ("from=2026-01-01T00:00:00Z&to=2026-10-01T00:00:00Z", "INVALID_WINDOW"),
        ("direction=mt", "INVALID_QUERY"),
        ("tenantId=%2A%20or", "INVALID_QUERY"),
        ("mno=AWCC", "INVALID_QUERY"),
    ],
)
async def test_wrong_parameters_are_refused(query_client: QueryClient, parameters: str, code: str) -> None:
    check_problem(
        await query_client.client.get(f"/v1/insights/mno-quality?{parameters}", headers=dict(ADMIN)), 400, code
    )
