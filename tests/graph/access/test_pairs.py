"""Pairs of tenant and account that call detail records contradict are logged and counted once, and never returned."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from graph.access import AccountScope
from graph.access.pairs import MOST_WAITING, RECHECK_SECONDS, RETRY_SECONDS, PairChecks
from infra.clickhouse import ClickHouse, open_clickhouse
from infra.embedded.engine import Engine
from infra.metrics import CONTRADICTED_PAIRS
from infra.postgres import Pool
from tests.graph.support.queries import fill, open_query_client, records

pytestmark = pytest.mark.anyio

MESSAGE: Final = "tenant and account contradict events"


def facts() -> Sequence[dict[str, Any]]:
    """Records of the last hour: account acc-N is tenant t-N's; acc-old's are eight days old."""
    now = datetime.now(UTC)
    rows = records(Random(5), 30)
    recent = [
        {
            **row,
            "tenant_id": f"t-{number % 3}",
            "account_id": f"acc-{number % 3}",
            "event_time": now - timedelta(hours=1),
        }
        for number, row in enumerate(rows[:-1])
    ]
    return [
        *recent,
        {**rows[-1], "tenant_id": "t-1", "account_id": "acc-old", "event_time": now - timedelta(days=8)},
    ]


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> str:
    await fill(clickhouse.dsn, facts_cdr=facts())
    return clickhouse.dsn


@pytest.fixture
async def store(filled: str) -> AsyncIterator[ClickHouse]:
    async with open_clickhouse(filled, statement_timeout=30) as opened:
        yield opened


def counted() -> float:
    return float(CONTRADICTED_PAIRS._value.get())


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def customer(tenant: str | None, account: str | None) -> AccountScope:
    return AccountScope("customer-portal", account, tenant)


async def test_a_pair_that_events_contradict_is_logged_and_counted_once(store: ClickHouse) -> None:
    clock, before = Clock(), counted()
    pairs = PairChecks(store, clock)
    with capture_logs() as logs:
        for _ in range(3):
            for _ in range(5):
                pairs.observe(customer("t-2", "acc-1"))
            await pairs.wait()
            clock.now += RECHECK_SECONDS
    assert counted() == before + 1
    assert logs == [
        {
            "event": MESSAGE,
            "log_level": "warning",
            "caller": "customer-portal",
            "tenant": "t-2",
            "account": "acc-1",
            "found": "t-1",
        }
    ]


@pytest.mark.parametrize(
    ("tenant", "account"),
    [
        ("t-1", "acc-1"),  # as in the records
        ("t-2", "acc-old"),  # without recent records
        ("t-2", "acc-nobody"),
        (None, "acc-1"),
        ("t-2", None),
        ("t-2", "acc-1' or 1=1 --"),  # not a valid id
        ("t" * 65, "acc-1"),
    ],
)
async def test_any_other_pair_is_not_reported(store: ClickHouse, tenant: str | None, account: str | None) -> None:
    before, pairs = counted(), PairChecks(store)
    with capture_logs() as logs:
        pairs.observe(customer(tenant, account))
        await pairs.wait()
    assert (counted(), logs) == (before, [])


async def test_a_known_pair_is_checked_again_after_an_hour(store: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, checked = Clock(), []
    pairs = PairChecks(store, clock)

    async def other_tenant(tenant: str, account: str) -> None:
        checked.append((tenant, account))

    monkeypatch.setattr(pairs, "_other_tenant", other_tenant)
    for clock.now in (0.0, 1.0, RECHECK_SECONDS - 1, RECHECK_SECONDS + 1):
        pairs.observe(customer("t-1", "acc-1"))
        await pairs.wait()
    assert checked == [("t-1", "acc-1")] * 2


async def test_a_pair_is_checked_again_soon_after_a_failure() -> None:
    clock, before = Clock(), counted()
    async with open_clickhouse("http://127.0.0.1:1/anlyt", statement_timeout=1) as away:
        pairs = PairChecks(away, clock)
        with capture_logs() as logs:
            pairs.observe(customer("t-2", "acc-1"))
            await pairs.wait()
            pairs.observe(customer("t-2", "acc-1"))
            assert not pairs._checks
            clock.now = RETRY_SECONDS + 1
            pairs.observe(customer("t-2", "acc-1"))
            assert len(pairs._checks) == 1
            await pairs.wait()
    assert (counted(), logs) == (before, [])


async def test_waiting_checks_are_bounded(store: ClickHouse) -> None:
    pairs = PairChecks(store)
    for number in range(3 * MOST_WAITING):
        pairs.observe(customer("t-1", f"acc-{number}"))
    assert len(pairs._checks) == MOST_WAITING
    await pairs.wait()


async def test_the_check_does_not_change_answers(pool: Pool, filled: str) -> None:
    """Requests of a contradicted pair, first and later ones, get the same answer as one of the right pair."""
    before = counted()
    path = "/v1/internal/analytics/accounts/acc-0/usage"
    query = {"window": "lastMonth"}
    async with open_query_client(pool, filled) as query_client:
        answers = [
            await query_client.client.get(
                path,
                params=query,
                headers={"X-Caller": "customer-portal", "X-Tenant-Id": tenant, "X-Account-Id": "acc-0"},
            )
            for tenant in ("t-1", "t-1", "t-0")
        ]
        async with asyncio.timeout(30):
            while counted() == before:
                await asyncio.sleep(0.01)
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.json() for answer in answers] == [answers[0].json()] * 3
    assert [set(answer.headers) for answer in answers] == [set(answers[0].headers)] * 3
    assert counted() == before + 1
