"""Which rows a report reads, and in how many statements."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from infra.postgres import Pool
from tests.graph.support.api import Api, open_api
from tests.graph.support.store import DAY, HOUR, Row, Store, iso

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW = {"from_": iso(START + 5 * HOUR), "to": iso(START + 40 * DAY)}
BY_DAY = WINDOW | {"granularity": "daily"}


@pytest.fixture
async def logged(dsn: str) -> AsyncIterator[tuple[Pool, list[str]]]:
    """A pool, and the statements with which its connections have read reports."""
    statements: list[str] = []

    async def log(connection: Any) -> None:
        connection.add_query_logger(note)

    def note(record: Any) -> None:
        # Days that are over a week old are also looked up in reconciliation's log, for max-age.
        if "anlyt.reconciliation_log" not in record.query:
            statements.append(record.query)

    async with asyncpg.create_pool(dsn, min_size=10, max_size=10, init=log) as pool:
        yield pool, statements


@pytest.fixture
async def rows(store: Store) -> None:
    await store.put(
        Row(START + day * DAY + 3 * HOUR, *subject, messages=1)
        for day in range(41)
        for subject in (("PLATFORM", "platform"), ("OPERATOR", "o"), ("ACCOUNT", f"a{day}"))
    )


def statements_on(statements: list[str], table: str) -> int:
    return sum(f"from anlyt.{table}" in each or f"join anlyt.{table}" in each for each in statements)


async def test_cached_days_are_not_read_again(logged: tuple[Pool, list[str]], rows: None) -> None:
    pool, statements = logged
    async with open_api(pool) as api:
        first = await api.report("operators/o/performance", **BY_DAY)
        assert statements_on(statements, "metrics_hourly") == 1
        statements.clear()
        assert await api.report("operators/o/performance", **BY_DAY) == first
        assert (statements_on(statements, "event_days"), statements_on(statements, "metrics_hourly")) == (1, 0)


@pytest.mark.parametrize(
    "path",
    [
        "summary",
        "operators/o/performance",
        "accounts/a3/usage",
        "throughput",
        "delivery-breakdown",
        "top-operators",
    ],
)
async def test_a_cached_answer_takes_one_statement(logged: tuple[Pool, list[str]], rows: None, path: str) -> None:
    pool, statements = logged
    query = {"from_": iso(START + 5 * HOUR), "to": iso(START + 4 * DAY)}
    async with open_api(pool) as api:
        first = await api.report(path, **query)
        statements.clear()
        assert await api.report(path, **query) == first
    assert len([each for each in statements if "anlyt." in each]) == 1


async def test_only_the_day_that_changed_is_read_again(
    logged: tuple[Pool, list[str]], rows: None, store: Store
) -> None:
    pool, _ = logged
    async with open_api(pool) as api:
        await api.report("operators/o/performance", **WINDOW)
        # A change without a new version shows only once the day is read again. A new version has it read again.
        await store.put([Row(START + 7 * DAY, "OPERATOR", "o", messages=100)], marked=False)
        assert (await api.report("operators/o/performance", **WINDOW))["totalMessages"] == 39
        await store.put([Row(START + 9 * DAY, "OPERATOR", "o", messages=1000)])
        assert (await api.report("operators/o/performance", **WINDOW))["totalMessages"] == 1039
        await store.put([Row(START + 7 * DAY, "OPERATOR", "o", messages=100)])
        assert (await api.report("operators/o/performance", **WINDOW))["totalMessages"] == 1139


@pytest.mark.parametrize("path", ["summary", "operators/o/performance", "accounts/a3/usage", "delivery-breakdown"])
async def test_a_report_takes_few_statements(logged: tuple[Pool, list[str]], rows: None, path: str) -> None:
    pool, statements = logged
    async with open_api(pool) as api:
        await api.report(path, **WINDOW)
    assert len([each for each in statements if "anlyt." in each]) <= 7


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ("update anlyt.metrics_hourly set total_messages = total_messages + 5 where scope_id = 'o'", 39 * 6),
        ("delete from anlyt.metrics_hourly where scope_id = 'o' and total_messages > 0", 0),
    ],
)
async def test_changes_by_hand_show_immediately(
    logged: tuple[Pool, list[str]], rows: None, store: Store, change: str, messages: int
) -> None:
    pool, _ = logged
    async with open_api(pool) as api:
        assert (await api.report("operators/o/performance", **WINDOW))["totalMessages"] == 39
        await store.put([Row(START, "OPERATOR", "p", messages=1)])
        await store.connection.execute(change)
        found = await api.get("operators/o/performance", **WINDOW)
        assert found.json().get("totalMessages", 0) == messages


async def test_days_without_a_version_are_always_read(api: Api, store: Store) -> None:
    for messages in (5, 6):
        hour = START + 3 * HOUR
        subjects = (("PLATFORM", "platform"), ("OPERATOR", "o"), ("ACCOUNT", f"a{messages}"))
        await store.put([Row(hour, *subject, messages=messages) for subject in subjects], marked=False)
        summary = await api.report("summary", **WINDOW | {"from_": iso(START)})
        assert (summary["totalMessages"], summary["activeAccounts"]) == (messages, messages - 4)
        window = {"from_": iso(START), "to": iso(START + timedelta(hours=5))}
        assert (await api.report("operators/o/performance", **window))["totalMessages"] == messages
        assert (await api.report(f"accounts/a{messages}/usage", **window))["messagesSent"] == messages


async def test_another_database_with_equal_versions_is_told_apart(api: Api, store: Store) -> None:
    for messages in (5, 6):
        await store.empty()
        await store.put([Row(START, "PLATFORM", "platform", messages=messages)], START)
        found = await api.report("summary", from_=iso(START), to=iso(START + DAY))
        assert found["totalMessages"] == messages
