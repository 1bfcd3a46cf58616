"""The list of comparisons: stable pages while others write, and for the platform's own callers only."""

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from infra.postgres import Pool
from tests.graph.support.api import Api, portal

pytestmark = pytest.mark.anyio

PAGE = """query ($first: Int! = 50, $after: String) { reconciliation(first: $first, after: $after) {
    edges { cursor node { runId day currency ours theirs difference divergence status reason ourMessages comparedAt } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} }"""
FIRST = date(2026, 10, 1)


@pytest.fixture
async def log(pool: Pool) -> Pool:
    await pool.execute("truncate anlyt.reconciliation_log")
    return pool


async def write(log: Pool, run_id: int, days: int, currencies: tuple[str, ...] = ("AFN", "USD")) -> None:
    await log.executemany(
        "insert into anlyt.reconciliation_log "
        "(run_id, day, currency, ours, theirs, difference, divergence, status, our_messages) "
        "values ($1, $2, $3, 1.5, 1, 0.5, 0.5, 'DIVERGED', 7)",
        [(run_id, FIRST + timedelta(days=day), currency) for day in range(days) for currency in currencies],
    )


def key(edge: Mapping[str, Any]) -> tuple[int, str, str]:
    return edge["node"]["runId"], edge["node"]["day"], edge["node"]["currency"]


async def test_pages_are_stable_while_others_write(api: Api, log: Pool) -> None:
    random = Random(9)
    for run_id in (1, 2, 3):
        await write(log, run_id, 4)
    expected = [
        (run, str(FIRST + timedelta(days=day)), currency)
        for run in (1, 2, 3)
        for day in range(4)
        for currency in ("AFN", "USD")
    ]
    read: list[tuple[int, str, str]] = []
    after: str | None = None
    while True:
        page = (await api.fields(PAGE, first=random.randrange(1, 6), after=after))["reconciliation"]
        read += map(key, page["edges"])
        info = page["pageInfo"]
        assert info["hasPreviousPage"] == (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        await write(log, 10 + len(read), 1)  # newer runs come before the first page
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    assert read == sorted(expected, reverse=True)


async def test_money_is_exact_and_missing_values_are_null(api: Api, log: Pool) -> None:
    await log.execute(
        "insert into anlyt.reconciliation_log "
        "(run_id, day, currency, theirs, difference, divergence, status, compared_at) values "
        "(7, '2026-10-07', 'USD', 123456789012.000001, -123456789012.000001, 1, 'MISSING_OURS', '2026-10-08T03:10Z')"
    )
    (edge,) = (await api.fields(PAGE))["reconciliation"]["edges"]
    assert edge["node"] == {
        "runId": 7,
        "day": "2026-10-07",
        "currency": "USD",
        "ours": None,
        "theirs": "123456789012.000001",
        "difference": "-123456789012.000001",
        "divergence": 1.0,
        "status": "MISSING_OURS",
        "reason": None,
        "ourMessages": None,
        "comparedAt": "2026-10-08T03:10:00Z",
    }


async def test_an_invalid_row_has_its_reason(api: Api, log: Pool) -> None:
    await log.execute(
        "insert into anlyt.reconciliation_log (run_id, day, currency, ours, difference, divergence, status, reason) "
        "values (7, '2026-10-07', 'usd', 1, 1, 1, 'INVALID', 'currency is ''usd''')"
    )
    (edge,) = (await api.fields(PAGE))["reconciliation"]["edges"]
    node = edge["node"]
    assert (node["currency"], node["status"], node["reason"]) == ("usd", "INVALID", "currency is 'usd'")
    assert (node["ours"], node["theirs"], node["divergence"]) == ("1.000000", None, 1.0)


async def selected(api: Api, arguments: str) -> list[tuple[int, str, str]]:
    query = PAGE.replace("after: $after", f"after: $after, {arguments}")
    return list(map(key, (await api.fields(query))["reconciliation"]["edges"]))


async def test_a_day_a_status_and_the_last_runs_are_selected(api: Api, log: Pool) -> None:
    for run_id in (1, 2):
        await write(log, run_id, 2)
    await write(log, 3, 1, ("AFN",))
    await log.execute("update anlyt.reconciliation_log set status = 'OK' where run_id = 3")
    first, second = str(FIRST), str(FIRST + timedelta(days=1))
    assert await selected(api, f'day: "{second}"') == [
        (run, second, currency) for run in (2, 1) for currency in ("USD", "AFN")
    ]
    assert await selected(api, "status: OK") == [(3, first, "AFN")]
    last = [(3, first, "AFN"), (2, second, "USD"), (2, second, "AFN"), (2, first, "USD")]
    assert await selected(api, "latest: true") == last
    assert await selected(api, f'latest: true, status: DIVERGED, day: "{first}"') == [(2, first, "USD")]


async def test_a_cursor_belongs_to_what_was_selected(api: Api, log: Pool) -> None:
    await write(log, 1, 2)
    after = (await api.fields(PAGE, first=1))["reconciliation"]["pageInfo"]["endCursor"]
    query = PAGE.replace("after: $after", "after: $after, latest: true")
    assert code(await api.ask(query, after=after)) == "INVALID_QUERY"


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "2026-10-01T00:00:00Z"])
async def test_a_day_is_a_date(api: Api, log: Pool, day: str) -> None:
    query = PAGE.replace("after: $after", f'after: $after, day: "{day}"')
    (error,) = (await api.ask(query))["errors"]
    assert error["message"] == "day must be a UTC day, such as 2026-10-01."


async def test_an_empty_log(api: Api, log: Pool) -> None:
    page = (await api.fields(PAGE))["reconciliation"]
    assert page == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }


def code(answer: Any) -> str:
    (error,) = answer["errors"]
    assert answer["data"] == {"reconciliation": None}
    found: str = error["extensions"]["code"]
    return found


async def test_customers_may_not_read_comparisons(api: Api, log: Pool) -> None:
    await write(log, 1, 1)
    assert code(await api.ask(PAGE, portal("acc-1"))) == "FORBIDDEN"


async def test_cursors_and_sizes_are_checked(api: Api, log: Pool) -> None:
    await write(log, 1, 1)
    cursor = (await api.fields(PAGE))["reconciliation"]["pageInfo"]["endCursor"]
    for wrong in ("", "x", cursor[:-1], cursor[1:], cursor + "A"):
        assert code(await api.ask(PAGE, after=wrong)) == "INVALID_QUERY"
    for first in (0, -1, 1001):
        assert code(await api.ask(PAGE, first=first)) == "INVALID_QUERY"
