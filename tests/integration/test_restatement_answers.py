"""The list of restatements, and reports as of an instant: callers, GraphQL, validators, the archive, and refusals."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pipelines import runs
from pipelines.stores import Stores
from tests.graph.support.api import ADMIN, Api, open_api, portal
from tests.graph.support.restated import answers, figures, instant_now
from tests.graph.support.store import DAY, HOUR, Row, Store
from tests.support.clock import today, wait_out_midnight
from tests.support.database import connected

pytestmark = pytest.mark.anyio

FINANCE = {"X-Caller": "finance-dashboard"}
FIGURES = "totalMessages refundedMessages deliveredMessages failedMessages segments totalCost costsByCurrency"
RESTATEMENTS = f"""{{ restatements(%s) {{ truncated changes {{
  day number scope id changedAt settledAt causes events
  before {{ {FIGURES} }} after {{ {FIGURES} }} change {{ {FIGURES} }} }} }} }}"""
SUBJECTS = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-0"), ("ACCOUNT", "acc-1"))


@pytest.fixture(autouse=True)
def of_one_day() -> None:
    wait_out_midnight()


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    async with connected(database) as connection:
        yield Store(connection)


@pytest.fixture
async def api(stores: Stores) -> AsyncIterator[Api]:
    async with open_api(stores.postgres, clickhouse=stores.clickhouse) as opened:
        yield opened


async def listed(api: Api, caller: Any = ADMIN, /, **parameters: str | int) -> Any:
    response = await api.client.get("/v1/restatements", params=parameters, headers=dict(caller))
    assert response.status_code == 200, response.text
    return response.json()["changes"]


async def refusal(
    api: Api, caller: Any = ADMIN, /, path: str = "/v1/restatements", **parameters: str | int
) -> tuple[str, str]:
    response = await api.client.get(path, params=parameters, headers=dict(caller))
    problem = response.json()
    assert response.status_code in {400, 403}, response.text
    return problem["code"], problem["detail"]


def charge(hour: datetime, messages: int, cost: str, **more: Any) -> list[Row]:
    """Rows of messages of account acc-0."""
    return [Row(hour, *each, messages=messages, segments=messages, cost=Decimal(cost), **more) for each in SUBJECTS[:3]]


async def restated(stores: Stores, store: Store, day: datetime) -> str:
    """Closes a day with two accounts, and restates one of them; returns an instant in between."""
    other = [Row(day + HOUR, "ACCOUNT", "acc-1", messages=7, cost=Decimal("0.7"))]
    await store.put([*charge(day, 10, "1.5", costs={"AFN": Decimal(60)}), *other], day + HOUR)
    await runs.run(stores, "rollup")
    said = await instant_now(store)
    late = charge(day, 12, "2.5", costs={"AFN": Decimal(60), "EUR": Decimal("0.25")}, delivered=3, refunded=1)
    await store.put(late, day + HOUR)
    await runs.run(stores, "rollup")
    return said


async def test_what_changed_is_listed_for_whom_it_concerns(stores: Stores, store: Store, api: Api) -> None:
    day = today() - 3 * DAY
    await restated(stores, store, day)
    (platform,) = await listed(api)
    assert (platform["day"], platform["scope"], platform["causes"]) == (f"{day:%F}", "PLATFORM", ["EVENTS"])
    assert platform["events"] == 2 + 2 + 3  # messages, a refund and the charge that it takes back, reports
    said, now, change = (platform[side] for side in ("before", "after", "change"))
    assert (said["totalMessages"], now["totalMessages"], change["totalMessages"]) == (10, 12, 2)
    assert said["costsByCurrency"] == {"USD": "1.500000", "AFN": "60.000000"}
    assert change["costsByCurrency"] == {"USD": "1.000000", "AFN": "0.000000", "EUR": "0.250000"}
    assert platform["changedAt"] < platform["settledAt"]

    (account,) = await listed(api, portal("acc-0"))
    assert {**account, "scope": "PLATFORM", "id": "platform"} == platform
    assert await listed(api, portal("acc-0"), accountId="acc-0") == [account]
    assert await listed(api, portal("acc-1")) == []  # its rows are the same
    for caller in (ADMIN, FINANCE):
        assert await listed(api, caller, subjects="accounts") == [account]
        assert await listed(api, caller, accountId="acc-0") == [account]
        assert [each["id"] for each in await listed(api, caller, subjects="operators")] == ["op-1"]
    for caller in (portal("acc-1"), {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-1"}):
        assert (await refusal(api, caller, accountId="acc-0"))[0] == "FORBIDDEN_ACCOUNT"
        assert (await refusal(api, caller, accountId="unheard-of"))[0] == "FORBIDDEN_ACCOUNT"
        assert (await refusal(api, caller, subjects="accounts"))[0] == "FORBIDDEN"
        assert (await refusal(api, caller, operatorId="op-1"))[0] == "FORBIDDEN"
    assert (await refusal(api, {"X-Caller": "customer-portal", "X-Tenant-Id": "tenant-1"}))[0] == "FORBIDDEN_ACCOUNT"


async def test_windows_and_limits(stores: Stores, store: Store, api: Api) -> None:
    day = today() - 3 * DAY
    await restated(stores, store, day)
    await restated(stores, store, day - DAY)
    days = [each["day"] for each in await listed(api)]
    assert days == [f"{day - DAY:%F}", f"{day:%F}"]  # the newest change first
    times = {"from": day.isoformat(), "to": (day + DAY).isoformat()}
    assert [each["day"] for each in await listed(api, **times)] == [f"{day:%F}"]
    response = await api.client.get("/v1/restatements", params={"limit": 1}, headers=dict(ADMIN))
    assert response.json()["truncated"]
    assert [each["day"] for each in response.json()["changes"]] == days[:1]
    assert (await refusal(api, limit=0))[0] == "INVALID_QUERY"
    assert (await refusal(api, subjects="everybody"))[0] == "INVALID_QUERY"
    code, detail = await refusal(api, subjects="accounts", accountId="acc-0")
    assert (code, detail) == ("INVALID_QUERY", "subjects excludes operatorId and accountId; give one of the three.")


async def test_graphql_answers_as_rest(stores: Stores, store: Store, api: Api) -> None:
    day = today() - 3 * DAY
    said = await restated(stores, store, day)
    for subjects in ("platform", "operators", "accounts"):
        data = await api.fields(RESTATEMENTS % f"subjects: {subjects.upper()}")
        assert data["restatements"]["changes"] == await listed(api, subjects=subjects)
    assert (await api.fields(RESTATEMENTS % "limit: 5", portal("acc-0")))["restatements"]["changes"]
    arguments = f'from: "{day.isoformat()}", to: "{(day + DAY).isoformat()}", asOf: "{said}"'
    operator = "operatorId totalMessages totalCost costsByCurrency p95LatencyMs series { time totalMessages totalCost }"
    data = await api.fields(f"""{{
      summary({arguments}, granularity: DAILY) {{ totalMessages totalCost activeAccounts series {{ time totalCost }} }}
      operator(id: "op-1", {arguments}, granularity: DAILY) {{ {operator} }}
      other: operator(id: "op-1", {arguments.partition(", asOf")[0]}, granularity: DAILY) {{ totalMessages }}
      account(id: "acc-0", {arguments}) {{ messagesSent totalCost dailyBreakdown {{ date cost }} }}
      deliveryBreakdown({arguments}) {{ byStatus {{ delivered }} byOperator {{ operatorId delivered }} }}
      topOperators({arguments}, granularity: DAILY) {{ operators {{ {operator} }} }}
    }}""")
    then = await answers(api, day, day + DAY, asOf=said)
    assert data.pop("other")["totalMessages"] == 12
    for name, path in (
        ("summary", "summary"),
        ("operator", "operators/op-1/performance"),
        ("account", "accounts/acc-0/usage"),
        ("deliveryBreakdown", "delivery-breakdown"),
        ("topOperators", "top-operators"),
    ):
        assert contains(then[path], figures(data[name])), name
    assert (data["summary"]["totalMessages"], data["summary"]["activeAccounts"]) == (10, 2)


def contains(whole: Any, part: Any) -> bool:
    """Whether an answer has all that a selection of its fields has."""
    match part:
        case dict():
            return all(contains(whole[key], value) for key, value in part.items())
        case list():
            return len(whole) == len(part) and all(map(contains, whole, part))
        case _:
            return bool(whole == part)


async def test_a_validator_is_of_one_instant(stores: Stores, store: Store, api: Api) -> None:
    day = today() - 3 * DAY
    said = await restated(stores, store, day)
    query = {"from_": day.isoformat(), "to": (day + DAY).isoformat(), "granularity": "daily"}
    now, then, later = [
        await api.get("summary", **query, **as_of) for as_of in ({}, {"asOf": said}, {"asOf": await instant_now(store)})
    ]
    assert [each.json()["totalMessages"] for each in (now, then, later)] == [12, 10, 12]
    assert len({each.headers["ETag"] for each in (now, then, later)}) == 3
    known = {**ADMIN, "If-None-Match": then.headers["ETag"]}
    assert (await api.get("summary", known, **query, asOf=said)).status_code == 304


async def test_what_cannot_be_answered_as_of_an_instant(stores: Stores, store: Store, api: Api) -> None:
    day = today() - 3 * DAY
    said = await restated(stores, store, day)
    path, whole = "/v1/internal/analytics/summary", {"from": day.isoformat(), "to": (day + DAY).isoformat()}
    later = datetime.now(UTC) + DAY
    for parameters, words in (
        ({**whole, "asOf": "yesterday"}, "asOf must be an RFC 3339 time with an offset"),
        ({**whole, "asOf": "2026-11-30T00:00:00"}, "asOf must be an RFC 3339 time with an offset"),
        ({**whole, "asOf": later.isoformat()}, "is later than now"),
        ({**whole, "asOf": said, "granularity": "hourly"}, "With asOf, a window has whole UTC days only"),
        (
            {"from": (day + HOUR).isoformat(), "to": whole["to"], "asOf": said},
            "With asOf, a window has whole UTC days only",
        ),
        ({"from": whole["from"], "to": today().isoformat(), "asOf": (day + DAY).isoformat()}, "was not closed at asOf"),
        ({"last": "2d", "asOf": said}, "With asOf, a window has whole UTC days only"),
    ):
        code, detail = await refusal(api, path=path, **{"granularity": "daily", **parameters})
        assert code == "INVALID_WINDOW"
        assert words in detail
    code, detail = await refusal(api, path="/v1/internal/analytics/throughput", **whole, asOf=said)
    assert (code, detail.partition(":")[2].partition(".")[0]) == ("INVALID_QUERY", " asOf")


async def test_archived_days_are_answered_as_of_before(stores: Stores, store: Store, api: Api) -> None:
    """A restated day moves to the archive; so does a later event, before which its states are no longer known."""
    day = today() - 92 * DAY
    recorded = [await restated(stores, store, day)]
    bounds = day, day + DAY
    first = await answers(api, *bounds, asOf=recorded[0])
    assert first["summary"]["totalMessages"] == 10
    new = [Row(day + 2 * HOUR, "ACCOUNT", "acc-2", messages=1), Row(day + 2 * HOUR, "PLATFORM", "platform", messages=1)]
    await store.put(new, day + 2 * HOUR)
    await runs.run(stores, "rollup")
    now = await answers(api, *bounds)
    assert (now["summary"]["totalMessages"], now["summary"]["activeAccounts"]) == (13, 3)
    assert await runs.run(stores, "archive") == {"days": 1}
    assert await store.connection.fetchval("select count(*) from anlyt.metrics_daily") == 0
    assert await answers(api, *bounds, asOf=recorded[0]) == first
    assert await answers(api, *bounds, asOf=await instant_now(store)) == await answers(api, *bounds) == now
    assert [
        each["number"] for each in await listed(api, **{"from": day.isoformat(), "to": (day + DAY).isoformat()})
    ] == [2, 1]

    await store.put([Row(day, "PLATFORM", "platform", messages=4, cost=Decimal("0.5"))], day + 2 * HOUR)
    await runs.run(stores, "rollup")
    after = await answers(api, *bounds)
    assert after["summary"]["totalMessages"] == 17
    assert "has changed in the archive since asOf" in (await answers(api, *bounds, asOf=recorded[0]))["summary"]
    (newest, *_) = await listed(api, **{"from": day.isoformat(), "to": (day + DAY).isoformat()})
    assert (newest["before"], newest["after"], newest["change"]["totalMessages"]) == (None, None, 4)
    assert await runs.run(stores, "archive") == {"days": 1}
    assert await answers(api, *bounds, asOf=await instant_now(store)) == await answers(api, *bounds) == after
