"""Answers over HTTP right after an event: the cube's, with the marked hours from facts."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.asyncclient import AsyncClient

from graph.dsl import marks
from infra.clickhouse import connect
from tests.graph.support.api import ADMIN
from tests.graph.support.queries import QUERY, REPORTS, Json, QueryClient, fill, put, tenant, window

pytestmark = pytest.mark.anyio

BY_LANE: Json = {
    "dataset": "dlr",
    "measures": ["messages"],
    "dimensions": ["lane"],
    "time": window(granularity="day"),
    "totals": True,
}
AT = datetime(2026, 10, 2, 9, 59, 59, 999_999, tzinfo=UTC)
NEW = {**REPORTS[0], "tenant_id": "t-1", "event_key": 10**9, "event_time": AT}
MARK = "insert into anlyt.dirty (cube, tenant_id, hour) values ('cube_dlr_hourly', 't-1', '2026-10-02 {:02}:00:00')"


@pytest.fixture
async def client(query_client: QueryClient, filled: str) -> AsyncIterator[AsyncClient]:
    """Every test begins with the same facts, and cubes that follow them."""
    await fill(filled, facts_dlr=REPORTS)
    async with connect(filled) as opened:
        yield opened
        await opened.command("truncate table anlyt.dirty")


async def receive(client: AsyncClient) -> None:
    await put(client, "facts_dlr", [NEW])
    await client.command(MARK.format(9))


async def test_the_next_answer_counts_an_event(query_client: QueryClient, client: AsyncClient) -> None:
    before = await query_client.ask(BY_LANE, tenant("t-1"))
    other = await query_client.post(BY_LANE, tenant("t-2"))
    await receive(client)
    after = await query_client.ask(BY_LANE, tenant("t-1"))
    assert after["totals"]["messages"] == before["totals"]["messages"] + 1 == _sum(after)
    assert before["meta"]["source"] == "cube_dlr_daily"
    assert after["meta"]["source"] == "cube_dlr_daily+cube_dlr_hourly+facts_dlr"
    unchanged = await query_client.ask(BY_LANE, tenant("t-2"))
    assert unchanged["meta"]["source"] == "cube_dlr_daily"
    assert unchanged["data"] == other.json()["data"]


def _sum(answer: Any) -> int:
    return sum(row["messages"] for row in answer["data"])


async def test_pages_go_on_while_an_event_arrives(query_client: QueryClient, client: AsyncClient) -> None:
    page = await query_client.ask({**BY_LANE, "limit": 1}, tenant("t-1"))
    await receive(client)
    rows = page["data"]
    while page["page"]["hasNextPage"]:
        page = await query_client.ask({**BY_LANE, "limit": 1, "after": page["page"]["endCursor"]}, tenant("t-1"))
        rows += page["data"]
    assert "facts_dlr" in page["meta"]["source"]
    whole = await query_client.ask(BY_LANE, tenant("t-1"))
    assert len(rows) == len(whole["data"])
    assert [row["messages"] for row in rows[1:]] == [row["messages"] for row in whole["data"][1:]]


async def test_a_validator_is_void_as_soon_as_an_event_is_stored(
    query_client: QueryClient, client: AsyncClient
) -> None:
    headers = dict(tenant("t-1"))
    first = await query_client.client.post(QUERY, json=BY_LANE, headers=headers)
    again = {**headers, "If-None-Match": first.headers["ETag"]}
    assert (await query_client.client.post(QUERY, json=BY_LANE, headers=again)).status_code == 304
    await receive(client)
    changed = await query_client.client.post(QUERY, json=BY_LANE, headers=again)
    assert (changed.status_code, _sum(changed.json())) == (200, _sum(first.json()) + 1)


async def test_with_too_many_marks_facts_answer_and_explain_says_why(
    query_client: QueryClient, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "MAX_HOURS", 2)
    await receive(client)
    await client.command(MARK.format(11))
    assert "+" in (await query_client.ask(BY_LANE, ADMIN))["meta"]["source"]
    await client.command(MARK.format(12))
    for caller in (ADMIN, tenant("t-1")):
        assert (await query_client.ask(BY_LANE, caller))["meta"]["source"] == "facts_dlr"
    explained = (await query_client.ask({**BY_LANE, "explain": True}, tenant("t-1")))["explain"]
    assert explained == {
        "table": "facts_dlr",
        "reasons": ["cube_dlr_daily has yet to follow more than 2 hours."],
    } | {name: explained[name] for name in explained.keys() - {"table", "reasons"}}
