"""`meta.verified`: what the cross-check noted of a window, for a tenant of its own cells alone."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from random import Random
from typing import Any, Final

import pytest

from infra.postgres import Pool, open_pool
from tests.graph.support.api import ADMIN
from tests.graph.support.queries import BY_MNO, MONEY, QUERY, Json, QueryClient, open_query_client, tenant, window
from tests.support.platform import NOWHERE

pytestmark = pytest.mark.anyio

MINE, OTHER = tenant("t-1"), tenant("t-2")
DAYS: Final = (date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3))  # of the window
CHECK: Final = "insert into anlyt.crosscheck_days (dataset, tenant_id, day, checked_at) values ($1, $2, $3, $4)"
SUSPECT: Final = """
insert into anlyt.crosscheck_suspicions (
    question, law, dataset, tenant_id, first_day, last_day, seed, readings, read_values, first_read_at, last_read_at,
    difference_id
) values (gen_random_uuid()::text, 'cubes_are_facts', $1, $2, $3, $3, 1, $4, '', now(), now(), $5)
"""
LOG: Final = """
insert into anlyt.crosscheck_log (
    law, question, seed, left_store, left_statement, left_values, right_store, right_statement, right_values,
    suspected_at
) values ('cubes_are_facts', '{}', 1, '', '', '{}', '', '', '{}', now()) returning difference_id
"""


def at(day: int) -> datetime:
    return datetime(2026, 11, day, 8, 30, tzinfo=UTC)


async def differ(pool: Pool, dataset: str, tenant_id: str, day: date) -> None:
    await pool.execute(SUSPECT, dataset, tenant_id, day, 3, await pool.fetchval(LOG))


@pytest.fixture
async def clean(pool: Pool) -> AsyncIterator[Pool]:
    """PostgreSQL without checks, before and after the test."""
    yield pool
    await pool.execute("truncate anlyt.crosscheck_days, anlyt.crosscheck_suspicions, anlyt.crosscheck_log")


async def verified(client: QueryClient, caller: Mapping[str, str], query: Json = BY_MNO) -> Any:
    return (await client.ask(query, caller))["meta"]["verified"]


async def test_a_window_shows_its_oldest_check_and_how_many_of_its_days_were_checked(
    clean: Pool, query_client: QueryClient
) -> None:
    assert await verified(query_client, MINE) is None
    await clean.execute(CHECK, "dlr", "t-1", DAYS[0], at(9))
    await clean.execute(CHECK, "dlr", "t-1", DAYS[2], at(7))
    await clean.execute(CHECK, "dlr", "t-1", DAYS[1], None)  # some of its hours only
    await clean.execute(CHECK, "dlr", "t-1", date(2026, 9, 30), at(1))
    await clean.execute(CHECK, "dlr", "t-1", date(2026, 10, 4), at(1))
    expected = {"at": "2026-11-07T08:30:00Z", "result": "EQUAL", "checkedDays": 2, "days": 3}
    assert await verified(query_client, MINE) == expected
    first_day = {**BY_MNO, "time": {**window(), "to": "2026-10-01T10:00:00Z"}}
    assert await verified(query_client, MINE, first_day) == {
        "at": "2026-11-09T08:30:00Z",
        "result": "EQUAL",
        "checkedDays": 1,
        "days": 1,
    }
    in_kabul = {**BY_MNO, "time": {"from": "2026-10-01T00:00:00+04:30", "to": "2026-10-02T00:00:00+04:30"}}
    assert (await verified(query_client, MINE, in_kabul))["days"] == 2  # of UTC
    assert await verified(query_client, MINE, MONEY) is None  # another dataset
    assert await verified(query_client, ADMIN) is None  # all tenants' cells together were not checked
    shown = await query_client.graphql(BY_MNO, MINE, "meta { verified { at result checkedDays days } }")
    assert shown["data"]["query"]["meta"]["verified"] == expected


async def test_a_difference_shows_to_its_tenant_and_to_the_platform_only(
    clean: Pool, query_client: QueryClient
) -> None:
    for day in DAYS:
        for name in ("t-1", "t-2", "*"):
            await clean.execute(CHECK, "dlr", name, day, at(8))
    await clean.execute(SUSPECT, "dlr", "t-1", DAYS[1], 1, None)  # not a difference yet
    assert {(await verified(query_client, each))["result"] for each in (MINE, OTHER, ADMIN)} == {"EQUAL"}
    await differ(clean, "dlr", "t-1", date(2026, 9, 30))  # not in the window
    await differ(clean, "cdr", "t-1", DAYS[1])  # of another dataset
    assert {(await verified(query_client, each))["result"] for each in (MINE, OTHER, ADMIN)} == {"EQUAL"}
    await differ(clean, "dlr", "t-1", DAYS[1])
    results = [(await verified(query_client, each))["result"] for each in (MINE, OTHER, ADMIN)]
    assert results == ["DIFFERENT", "EQUAL", "DIFFERENT"]


async def test_nothing_of_others_moves_what_a_tenant_sees(clean: Pool, query_client: QueryClient, seed: int) -> None:
    """Random checks and differences of others, and of all tenants together, leave the tenant's answer as it is."""
    random = Random(seed)
    await clean.execute(CHECK, "dlr", "t-1", DAYS[0], at(9))
    before = await verified(query_client, MINE)
    for _ in range(20):
        name, day = random.choice(["t-2", "*", "t-3", "unknown"]), random.choice(DAYS)
        await clean.execute("delete from anlyt.crosscheck_days where (tenant_id, day) = ($1, $2)", name, day)
        await clean.execute(CHECK, "dlr", name, day, at(random.randint(1, 28)))
        await differ(clean, "dlr", name, day)
        assert await verified(query_client, MINE) == before


async def test_a_changed_result_is_another_answer_and_a_later_check_is_not(
    clean: Pool, query_client: QueryClient
) -> None:
    async def ask(known: str = "") -> Any:
        headers = {**MINE, **({"If-None-Match": known} if known else {})}
        return await query_client.client.post(QUERY, json=BY_MNO, headers=headers)

    unknown = (await ask()).headers["etag"]
    await clean.execute(CHECK, "dlr", "t-1", DAYS[0], at(9))
    checked = await ask(unknown)
    assert (checked.status_code, checked.json()["meta"]["verified"]["result"]) == (200, "EQUAL")
    await clean.execute("update anlyt.crosscheck_days set checked_at = $1", at(10))
    assert (await ask(checked.headers["etag"])).status_code == 304
    await differ(clean, "dlr", "t-1", DAYS[1])
    different = await ask(checked.headers["etag"])
    assert (different.status_code, different.json()["meta"]["verified"]["result"]) == (200, "DIFFERENT")


async def test_a_query_is_answered_without_postgresql(filled: str) -> None:
    async with open_pool(NOWHERE, size=1) as pool, open_query_client(pool, filled) as client:
        assert await verified(client, ADMIN) is None
