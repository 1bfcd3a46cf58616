"""costQuality equals brute force by day and over the window, in REST and GraphQL, without conversion."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from graph.dsl import queries
from graph.dsl.compile import compile_query
from graph.insights import queries as insight_queries
from infra.postgres import Pool
from infra.progress import ProgressSnapshot
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import RECORDS, cost, expected_cost, quality
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import QueryClient, open_query_client, tenant

pytestmark = pytest.mark.anyio

KEYS = ("messages", "delivered", "deliveryRate", "cost", "costPerDelivered")
PATH = "/v1/insights/cost-quality"


def grouped(rows: Sequence[Mapping[str, Any]], *names: str) -> Mapping[tuple[Any, ...], Any]:
    """The expected figures of each group; `date` is the day of the record."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        dated = {**row, "date": row["event_time"].date().isoformat()}
        groups.setdefault(tuple(dated[name] for name in names), []).append(row)
    return {key: expected_cost(some) for key, some in groups.items()}


def figures_of(figures: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(figures[key] for key in KEYS)


@pytest.mark.parametrize(
    "window", ["2026-10-01T00:00:00Z/2026-10-04T00:00:00Z", "2026-10-01T05:00:00Z/2026-10-03T18:00:00Z"]
)
@pytest.mark.parametrize("page", [10_000, 7])
async def test_equal_to_brute_force(
    query_client: QueryClient, monkeypatch: pytest.MonkeyPatch, window: str, page: int
) -> None:
    """Covers the daily cube and facts, one page and many pages."""
    monkeypatch.setattr(insight_queries, "MOST_ROWS", page)
    answer = await cost(query_client, ADMIN, window=window)
    start, end = map(datetime.fromisoformat, window.split("/"))
    rows = [row for row in RECORDS if start <= row["event_time"] < end]
    assert {(each["mno"], each["currency"]): figures_of(each) for each in answer["mnos"]} == grouped(
        rows, "mno", "currency"
    )
    days = {
        (each["mno"], each["currency"], day["date"]): figures_of(day) for each in answer["mnos"] for day in each["days"]
    }
    assert days == grouped(rows, "mno", "currency", "date")
    pairs = [(each["mno"], each["currency"]) for each in answer["mnos"]]
    assert pairs == sorted(pairs)
    assert all(
        [day["date"] for day in each["days"]] == sorted(day["date"] for day in each["days"]) for each in answer["mnos"]
    )
    assert answer["dataAsOf"] == max(row["event_time"] for row in RECORDS).astimezone(UTC).isoformat().replace(
        "+00:00", "Z"
    )


async def test_incomplete_days_are_partial(query_client: QueryClient) -> None:
    """The window covers the first day in part, and the data reach into the last one only."""
    answer = await cost(query_client, ADMIN, window="2026-10-01T05:00:00Z/2026-10-04T00:00:00Z")
    qualities = {day["date"]: day["quality"] for each in answer["mnos"] for day in each["days"]}
    assert qualities == {"2026-10-01": "PARTIAL", "2026-10-02": "ACTUAL", "2026-10-03": "PARTIAL"}


async def test_complete_until_decides_which_days_are_actual(pool: Pool, filled: str) -> None:
    """Days that end before are ACTUAL, whatever the newest record is, in REST and GraphQL."""
    until = datetime(2026, 10, 4, tzinfo=UTC)
    window = "2026-10-01T00:00:00Z/2026-10-04T00:00:00Z"
    for known, last in ((until, "ACTUAL"), (until - timedelta(microseconds=1), "PARTIAL"), (None, "PARTIAL")):
        snapshots = (ProgressSnapshot(0, dict.fromkeys(("facts_cdr", "facts_dlr"), known)),)
        async with open_query_client(pool, filled, snapshots=partial(tuple, snapshots)) as query_client:
            known_text = known and known.isoformat().replace("+00:00", "Z")
            answer = await cost(query_client, ADMIN, window=window)
            assert answer["completeUntil"] == known_text
            assert {day["quality"] for each in answer["mnos"] for day in each["days"][:-1]} == {"ACTUAL"}
            assert {each["days"][-1]["quality"] for each in answer["mnos"]} == {last}
            assert (await quality(query_client, tenant("t-1"), window=window))["completeUntil"] == known_text
            query = {"dataset": "cdr", "measures": ["records"], "time": {"from": window[:20], "to": window[21:]}}
            assert (await query_client.ask(query, tenant("t-1")))["meta"]["completeUntil"] == known_text


async def test_customers_may_not_see_costs(query_client: QueryClient) -> None:
    check_problem(await query_client.client.get(PATH, headers=dict(tenant("t-1"))), 403, "FORBIDDEN")
    body = {"query": "{ costQuality { dataAsOf } }"}
    answer = (await query_client.client.post("/graphql", json=body, headers=dict(tenant("t-1")))).json()
    assert answer["data"] == {"costQuality": None}
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_more_rows_than_the_cap_are_refused(query_client: QueryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "compile_query", lambda *arguments: replace(compile_query(*arguments), row_cap=20))
    monkeypatch.setattr(insight_queries, "MOST_ROWS", 8)
    query = f"{PATH}?from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"
    check_problem(await query_client.client.get(query, headers=dict(ADMIN)), 422, "QUERY_TOO_EXPENSIVE")


async def test_no_records_give_an_empty_answer(query_client: QueryClient) -> None:
    answer = await cost(query_client, ADMIN, window="2026-01-01T00:00:00Z/2026-01-02T00:00:00Z")
    assert answer["mnos"] == []
