"""US-ANLYT-06: a customer sees only its own account, and cannot learn whether another one exists."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.support.api import Api, portal
from tests.support.counted_events import count_events
from tests.support.platform import Platform
from tests.support.reference import Expected

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
START, END = NOW - timedelta(days=60), NOW + timedelta(hours=25)
WINDOW = {"from_": f"{START:%Y-%m-%dT00:00:00Z}", "to": f"{END:%Y-%m-%dT00:00:00Z}"}


@pytest.fixture(scope="module")
async def expected(shared_platform: Platform) -> Expected:
    return await count_events(shared_platform, 6, NOW, 600)


def accounts(expected: Expected) -> list[str]:
    return sorted(expected.accounts)


async def test_usage_equals_the_events(expected: Expected, api: Api) -> None:
    start, end = (datetime.fromisoformat(WINDOW[name]) for name in ("from_", "to"))
    for account in accounts(expected):
        rows = [
            row for key, row in expected.metrics.items() if key[:2] == ("ACCOUNT", account) and start <= key[2] < end
        ]
        usage = await api.rest(f"/accounts/{account}/usage", portal(account), **WINDOW)
        sent, cost = sum(row.total_messages for row in rows), sum((row.total_cost for row in rows), Decimal(0))
        assert usage["accountId"] == account
        assert usage["messagesSent"] == sent
        assert usage["messagesDelivered"] == sum(row.delivered_messages for row in rows)
        assert usage["messagesFailed"] == sum(row.failed_messages for row in rows)
        assert usage["segments"] == sum(row.segments for row in rows)
        assert Decimal(usage["totalCost"]) == cost
        average = (cost / sent).quantize(Decimal("0.000001"), ROUND_HALF_UP) if sent > 0 else None
        assert usage["avgCostPerMessage"] == (None if average is None else str(average))
        assert sum(day["sent"] for day in usage["dailyBreakdown"]) == sent
        assert sum(Decimal(day["cost"]) for day in usage["dailyBreakdown"]) == cost


async def test_another_account_is_forbidden_whether_it_exists_or_not(expected: Expected, api: Api) -> None:
    mine, other = accounts(expected)[:2]
    answers = []
    for account in (other, "no-such-account"):
        response = await api.get(f"/accounts/{account}/usage", portal(mine), **WINDOW)
        assert response.status_code == 403
        answers.append({**response.json(), "requestId": ""})
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "FORBIDDEN_ACCOUNT"


async def test_a_portal_without_an_account_sees_none(expected: Expected, api: Api) -> None:
    caller = {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-1"}
    response = await api.get(f"/accounts/{accounts(expected)[0]}/usage", caller, **WINDOW)
    assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN_ACCOUNT")


@pytest.mark.parametrize("path", ["/summary", "/delivery-breakdown", "/top-operators", "/operators/op-1/performance"])
async def test_a_portal_does_not_see_the_platform(expected: Expected, api: Api, path: str) -> None:
    response = await api.get(path, portal(accounts(expected)[0]))
    assert (response.status_code, response.json()["code"]) == (403, "FORBIDDEN")


async def test_graphql_refuses_other_accounts_too(expected: Expected, api: Api) -> None:
    mine, other = accounts(expected)[:2]
    query = "query($id: ID!) { account(id: $id) { accountId messagesSent } }"
    assert (await api.ask(query, portal(mine), id=mine))["data"]["account"]["accountId"] == mine
    foreign = await api.ask(query, portal(mine), id=other)
    assert foreign["data"]["account"] is None
    assert foreign["errors"][0]["extensions"]["code"] == "FORBIDDEN_ACCOUNT"


async def test_a_caller_without_an_identity_is_refused(expected: Expected, api: Api) -> None:
    response = await api.get("/summary", {})
    assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED")
