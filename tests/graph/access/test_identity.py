"""Which caller may read which report, through REST and GraphQL."""

from collections.abc import Mapping
from itertools import product

import pytest
from starlette.datastructures import Headers

from graph.access import AccountScope, PlatformScope, Scope, account, administration, operator, platform
from graph.access.callers import identify_by_headers
from graph.errors import ForbiddenAccountError, ForbiddenError
from tests.graph.support.api import ADMIN, REPORTS, Api, portal
from tests.graph.support.problems import check_problem

pytestmark = pytest.mark.anyio

MINE = portal("mine")
REPORTS_OF_ALL = {
    "summary": "{ summary { totalMessages } }",
    "operators/op-1/performance": '{ operator(id: "op-1") { totalMessages } }',
    "throughput": "{ throughput { resolution } }",
    "throughput?operatorId=op-1": '{ throughput(operatorId: "op-1") { resolution } }',
    "delivery-breakdown": "{ deliveryBreakdown { dataAsOf } }",
    "top-operators": "{ topOperators { dataAsOf } }",
}
REPORTS_OF_MINE = {
    "accounts/mine/usage": '{ account(id: "mine") { messagesSent } }',
    "throughput?accountId=mine": '{ throughput(accountId: "mine") { resolution } }',
}
REPORTS_OF_OTHERS = {
    "accounts/other/usage": '{ account(id: "other") { messagesSent } }',
    "throughput?accountId=other": '{ throughput(accountId: "other") { resolution } }',
}
EVERYTHING = REPORTS_OF_ALL | REPORTS_OF_MINE | REPORTS_OF_OTHERS
UNIDENTIFIED: list[Mapping[str, str]] = [{}, {"X-Caller": ""}, {"X-Account-Id": "mine", "X-Tenant-Id": "t"}]
UNKNOWN = [
    {"X-Caller": name} for name in ("Admin-Dashboard", "admin-dashboard ,x", "root", "admin-dashboard, customer-portal")
]


async def check_both(api: Api, path: str, query: str, caller: Mapping[str, str], status: int, code: str) -> None:
    """Checks that REST returns the status and the code, and GraphQL the same code."""
    check_problem(await api.client.get(f"{REPORTS}/{path}", headers=dict(caller)), status, code)
    answer = await api.ask(query, caller)
    assert answer["data"] is None or set(answer["data"].values()) == {None}
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(("caller", "path"), list(product(UNIDENTIFIED, EVERYTHING)))
async def test_an_unidentified_caller_sees_nothing(api: Api, caller: Mapping[str, str], path: str) -> None:
    await check_both(api, path, EVERYTHING[path], caller, 401, "UNAUTHENTICATED")


@pytest.mark.parametrize(("caller", "path"), list(product(UNKNOWN, EVERYTHING)))
async def test_an_unknown_caller_sees_nothing(api: Api, caller: Mapping[str, str], path: str) -> None:
    await check_both(api, path, EVERYTHING[path], caller, 403, "FORBIDDEN")


@pytest.mark.parametrize("path", REPORTS_OF_ALL)
async def test_a_portal_does_not_see_the_platform(api: Api, path: str) -> None:
    await check_both(api, path, REPORTS_OF_ALL[path], MINE, 403, "FORBIDDEN")


@pytest.mark.parametrize("path", REPORTS_OF_OTHERS)
@pytest.mark.parametrize(
    "caller", [MINE, {"X-Caller": "customer-portal"}, portal(""), portal("Other"), portal("other ")]
)
async def test_a_portal_does_not_see_other_accounts(api: Api, caller: Mapping[str, str], path: str) -> None:
    await check_both(api, path, REPORTS_OF_OTHERS[path], caller, 403, "FORBIDDEN_ACCOUNT")


@pytest.mark.parametrize("path", REPORTS_OF_MINE)
async def test_a_portal_sees_its_own_account(api: Api, path: str) -> None:
    assert (await api.client.get(f"{REPORTS}/{path}", headers=dict(MINE))).status_code == 200
    await api.fields(REPORTS_OF_MINE[path], MINE)


async def test_one_request_may_have_own_and_foreign_fields(api: Api) -> None:
    query = '{ mine: account(id: "mine") { accountId } other: account(id: "other") { accountId } summary { dataAsOf } }'
    answer = await api.ask(query, MINE)
    assert answer["data"] == {"mine": {"accountId": "mine"}, "other": None, "summary": None}
    codes = {error["path"][0]: error["extensions"]["code"] for error in answer["errors"]}
    assert codes == {"other": "FORBIDDEN_ACCOUNT", "summary": "FORBIDDEN"}


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("name", ["X-Caller", "X-Tenant-Id", "X-Account-Id"])
async def test_an_identity_header_given_twice_is_refused(api: Api, path: str, name: str) -> None:
    headers = [*MINE.items(), (name, MINE[name])]
    response = await api.client.get(f"{REPORTS}/{path}", headers=headers)
    assert name.lower() in check_problem(response, 400, "INVALID_QUERY")
    answer = await api.client.post("/graphql", json={"query": EVERYTHING[path]}, headers=headers)
    assert answer.json()["errors"][0]["extensions"]["code"] == "INVALID_QUERY"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/openapi.json", "/asyncapi.json", "/docs"])
async def test_public_paths_need_no_identity(api: Api, path: str) -> None:
    assert (await api.client.get(path)).status_code == 200


SCOPES: list[Scope] = [
    PlatformScope("admin-dashboard"),
    AccountScope("customer-portal", "mine", "t"),
    AccountScope("customer-portal", None, None),
]


def test_only_a_platform_scope_yields_the_platform() -> None:
    whole, *accounts = SCOPES
    assert platform(whole) == ("PLATFORM", "platform")
    assert operator(whole, "o") == ("OPERATOR", "o")
    assert account(whole, "a") == ("ACCOUNT", "a")
    for scope in accounts:
        with pytest.raises(ForbiddenError):
            platform(scope)
        with pytest.raises(ForbiddenError):
            operator(scope, "o")
        with pytest.raises(ForbiddenAccountError):
            account(scope, "a")
    assert account(accounts[0], "mine") == ("ACCOUNT", "mine")


def test_finance_reads_but_does_not_administer() -> None:
    finance = PlatformScope("f", "finance")
    assert platform(finance) == administration(SCOPES[0])
    assert account(finance, "a") == ("ACCOUNT", "a")
    for scope in (finance, *SCOPES[1:]):
        with pytest.raises(ForbiddenError):
            administration(scope)


async def test_headers_identify_the_caller() -> None:
    assert await identify_by_headers(Headers(dict(ADMIN))) == PlatformScope("admin-dashboard")
    assert await identify_by_headers(Headers({"X-Caller": "finance-dashboard"})) == PlatformScope(
        "finance-dashboard", "finance"
    )
    assert await identify_by_headers(Headers(dict(MINE))) == AccountScope("customer-portal", "mine", "tenant-1")
    assert await identify_by_headers(Headers({})) is None
