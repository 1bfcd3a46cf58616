"""Every root field of GraphQL, every route of REST and every page, for every kind of caller: answered or refused.

A field or route without a row fails the test, so that each new one needs a decision about who may see it.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from graph.app import create_app
from graph.gql.schema import SCHEMA
from graph.http.admission import Admission
from graph.http.server import serving
from graph.rest.exports.routes import KEYS_PATH
from graph.rest.exports.routes import PATH as EXPORTS_PATH
from graph.rest.query import CATALOG_PATH, QUERY_PATH
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import Settings
from tests.graph.support.exports import exports_without_s3
from tests.graph.support.store import HOUR, Row, Store
from tests.graph.support.tokens import bearer, settings_with_keys, token
from tests.support.warehouse import NO_CLICKHOUSE, empty_clickhouse

pytestmark = pytest.mark.anyio

START = datetime(2026, 10, 1, tzinfo=UTC)
WHEN: Final = 'from: "2026-10-01T00:00:00Z", to: "2026-10-02T00:00:00Z"'
WINDOW: Final = 'window: "2026-10-01T00:00:00Z/2026-10-02T00:00:00Z"'
INPUT: Final = f'{{dataset: "dlr", measures: ["messages"], time: {{{WHEN}}}}}'
URL_WHEN: Final = "from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z"
REPORTS: Final = "/v1/internal/analytics"
INSIGHTS: Final = "/v1/insights"
QUERY: Final = {
    "dataset": "dlr",
    "measures": ["messages"],
    "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"},
}
CALLERS: Final = ("anonymous", "A", "B", "bare", "finance", "admin")


class Rule(NamedTuple):
    """The result of each kind of caller: "ok" or the code of the refusal, in the order of CALLERS."""

    anonymous: str
    of_a: str
    of_b: str
    bare: str  # a customer whose token names no account
    finance: str
    admin: str


PUBLIC: Final = Rule("ok", "ok", "ok", "ok", "ok", "ok")
SIGNED_IN: Final = Rule("UNAUTHENTICATED", "ok", "ok", "ok", "ok", "ok")
PLATFORM: Final = Rule("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "ok", "ok")
ADMIN: Final = Rule("UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "ok")
TENANT: Final = Rule("UNAUTHENTICATED", "ok", "ok", "FORBIDDEN", "ok", "ok")
CUSTOMER: Final = Rule("UNAUTHENTICATED", "ok", "ok", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN")
OF_A: Final = Rule("UNAUTHENTICATED", "ok", "FORBIDDEN_ACCOUNT", "FORBIDDEN_ACCOUNT", "ok", "ok")
NOT_FOUND: Final = Rule("UNAUTHENTICATED", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND")
OF_NOBODY: Final = OF_A._replace(of_a="FORBIDDEN_ACCOUNT")

# (root field, selection) -> the result of each caller
FIELDS: Final[Mapping[tuple[str, str], Rule]] = {
    ("Query.summary", f"{{ summary({WHEN}) {{ totalCost }} }}"): PLATFORM,
    ("Query.operator", f'{{ operator(id: "op-1", {WHEN}) {{ totalCost }} }}'): PLATFORM,
    ("Query.account", f'{{ account(id: "a", {WHEN}) {{ totalCost }} }}'): OF_A,
    ("Query.account", f'{{ account(id: "unheard-of", {WHEN}) {{ totalCost }} }}'): OF_NOBODY,
    ("Query.throughput", f"{{ throughput({WHEN}) {{ resolution }} }}"): PLATFORM,
    ("Query.throughput", f'{{ throughput({WHEN}, operatorId: "op-1") {{ resolution }} }}'): PLATFORM,
    ("Query.throughput", f'{{ throughput({WHEN}, accountId: "a") {{ resolution }} }}'): OF_A,
    ("Query.throughput", f'{{ throughput({WHEN}, accountId: "unheard-of") {{ resolution }} }}'): OF_NOBODY,
    ("Query.trend", f"{{ trend({WHEN}) {{ totalMessages }} }}"): PLATFORM,
    ("Query.trend", f'{{ trend({WHEN}, accountId: "a") {{ totalMessages }} }}'): OF_A,
    ("Query.trend", f'{{ trend({WHEN}, accountId: "unheard-of") {{ totalMessages }} }}'): OF_NOBODY,
    ("Query.deliveryBreakdown", f"{{ deliveryBreakdown({WHEN}) {{ dataAsOf }} }}"): PLATFORM,
    ("Query.topOperators", f"{{ topOperators({WHEN}) {{ dataAsOf }} }}"): PLATFORM,
    ("Query.operators", "{ operators { edges { node { operatorId performance { totalCost } } } } }"): PLATFORM,
    ("Query.accounts", "{ accounts { edges { node { accountId usage { totalCost } } } totalCount } }"): ADMIN,
    ("Query.reconciliationExplanation", '{ reconciliationExplanation(day: "2026-10-01") { day } }'): PLATFORM,
    ("Query.ledger", f"{{ ledger({WHEN}) {{ holds }} }}"): PLATFORM,
    ("Query.restatements", f"{{ restatements({WHEN}) {{ truncated }} }}"): Rule(
        "UNAUTHENTICATED", "ok", "ok", "FORBIDDEN_ACCOUNT", "ok", "ok"
    ),
    ("Query.restatements", f'{{ restatements({WHEN}, accountId: "a") {{ truncated }} }}'): OF_A,
    ("Query.restatements", f'{{ restatements({WHEN}, accountId: "unheard-of") {{ truncated }} }}'): OF_NOBODY,
    ("Query.restatements", f"{{ restatements({WHEN}, subjects: ACCOUNTS) {{ truncated }} }}"): PLATFORM,
    ("Query.reconciliation", "{ reconciliation { edges { node { ours theirs } } } }"): PLATFORM,
    (
        "Query.query",
        f'{{ query(input: {{dataset: "dlr", measures: ["messages"], time: {{{WHEN}}}}}) {{ data }} }}',
    ): TENANT,
    ("Query.mnoQuality", f"{{ mnoQuality({WINDOW}) {{ mnos {{ mno }} }} }}"): TENANT,
    ("Query.mnoQuality", f'{{ mnoQuality({WINDOW}, tenantId: "tenant-A") {{ mnos {{ mno }} }} }}'): TENANT,
    ("Query.costQuality", f"{{ costQuality({WINDOW}) {{ mnos {{ cost }} }} }}"): PLATFORM,
    ("Query.catalog", "{ catalog { granularities } }"): SIGNED_IN,
    ("Query.freshness", "{ freshness { dataAsOf } }"): SIGNED_IN,
    ("Subscription.liveThroughput", "subscription { liveThroughput(every: 1) { tps } }"): ADMIN,
}
# (route, URL) -> the result of each caller
ROUTES: Final[Mapping[tuple[str, str], Rule]] = {
    (f"{REPORTS}/summary", f"{REPORTS}/summary?{URL_WHEN}"): PLATFORM,
    (f"{REPORTS}/operators/{{id}}/performance", f"{REPORTS}/operators/op-1/performance?{URL_WHEN}"): PLATFORM,
    (f"{REPORTS}/accounts/{{id}}/usage", f"{REPORTS}/accounts/a/usage?{URL_WHEN}"): OF_A,
    (f"{REPORTS}/accounts/{{id}}/usage", f"{REPORTS}/accounts/unheard-of/usage?{URL_WHEN}"): OF_NOBODY,
    (f"{REPORTS}/throughput", f"{REPORTS}/throughput?{URL_WHEN}"): PLATFORM,
    (f"{REPORTS}/throughput", f"{REPORTS}/throughput?{URL_WHEN}&operatorId=op-1"): PLATFORM,
    (f"{REPORTS}/throughput", f"{REPORTS}/throughput?{URL_WHEN}&accountId=a"): OF_A,
    (f"{REPORTS}/throughput", f"{REPORTS}/throughput?{URL_WHEN}&accountId=unheard-of"): OF_NOBODY,
    (f"{REPORTS}/delivery-breakdown", f"{REPORTS}/delivery-breakdown?{URL_WHEN}"): PLATFORM,
    (f"{REPORTS}/top-operators", f"{REPORTS}/top-operators?{URL_WHEN}"): PLATFORM,
    ("/v1/reconciliation/{day}/explanation", "/v1/reconciliation/2026-10-01/explanation"): PLATFORM,
    ("/v1/ledger", f"/v1/ledger?{URL_WHEN}"): PLATFORM,
    ("/v1/restatements", f"/v1/restatements?{URL_WHEN}"): Rule(
        "UNAUTHENTICATED", "ok", "ok", "FORBIDDEN_ACCOUNT", "ok", "ok"
    ),
    ("/v1/restatements", f"/v1/restatements?{URL_WHEN}&accountId=a"): OF_A,
    ("/v1/restatements", f"/v1/restatements?{URL_WHEN}&accountId=unheard-of"): OF_NOBODY,
    ("/v1/restatements", f"/v1/restatements?{URL_WHEN}&subjects=accounts"): PLATFORM,
    (f"{INSIGHTS}/mno-quality", f"{INSIGHTS}/mno-quality?{URL_WHEN}"): TENANT,
    (f"{INSIGHTS}/mno-quality", f"{INSIGHTS}/mno-quality?{URL_WHEN}&tenantId=tenant-A"): TENANT,
    (f"{INSIGHTS}/cost-quality", f"{INSIGHTS}/cost-quality?{URL_WHEN}"): PLATFORM,
    (QUERY_PATH, QUERY_PATH): TENANT,
    (CATALOG_PATH, CATALOG_PATH): SIGNED_IN,
    (EXPORTS_PATH, EXPORTS_PATH): TENANT,
    (f"{EXPORTS_PATH}/{{id}}", f"{EXPORTS_PATH}/00000000-0000-0000-0000-000000000000"): NOT_FOUND,
    (KEYS_PATH, KEYS_PATH): SIGNED_IN,
    ("/openapi.json", "/openapi.json"): PUBLIC,
    ("/asyncapi.json", "/asyncapi.json"): PUBLIC,
    ("/docs", "/docs"): PUBLIC,
    ("/health/live", "/health/live"): PUBLIC,
    ("/health/ready", "/health/ready"): PUBLIC,
    ("/graphql", "/graphql"): PUBLIC,
    ("/graphql/assets/{name}", "/graphql/assets/react.production.min.js"): PUBLIC,
    # Pages
    ("/", "/"): SIGNED_IN,
    ("/insights/mno-quality", f"/insights/mno-quality?{URL_WHEN}"): TENANT,
    ("/dashboard", f"/dashboard?{URL_WHEN}"): ADMIN,
    ("/dashboard/live", f"/dashboard/live?{URL_WHEN}"): ADMIN,
    ("/operators/{id}", f"/operators/op-1?{URL_WHEN}"): PLATFORM,
    ("/accounts", "/accounts"): PLATFORM,
    ("/status", "/status"): ADMIN,
    ("/usage", f"/usage?{URL_WHEN}"): CUSTOMER,
    ("/usage/days.csv", f"/usage/days.csv?{URL_WHEN}"): CUSTOMER,
    ("/accounts/{id}", f"/accounts/a?{URL_WHEN}"): PLATFORM,
    ("/accounts/{id}/days.csv", f"/accounts/a/days.csv?{URL_WHEN}"): PLATFORM,
    ("/insights/cost-quality", f"/insights/cost-quality?{URL_WHEN}"): PLATFORM,
    ("/reconciliation", "/reconciliation"): PLATFORM,
    ("/explore", f"/explore?{URL_WHEN}"): TENANT,
    ("/explore/rows.csv", f"/explore/rows.csv?{URL_WHEN}"): TENANT,
    ("/explore/rows.arrow", f"/explore/rows.arrow?{URL_WHEN}"): TENANT,
    ("/static/{digest}/{name}", "/static/0/pages.css"): PUBLIC,
}


def headers_of(caller: str) -> dict[str, str]:
    roles = {"finance": ["platform.finance"], "admin": ["platform.admin"]}.get(caller, ["customer"])
    if caller == "anonymous":
        return {}
    claims: dict[str, Any] = {"sub": f"user-{caller}", "roles": roles}
    if caller in {"A", "B"}:
        claims |= {"tenant_id": f"tenant-{caller}", "account_id": caller.lower()}
    return bearer(token(**claims))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_with_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
async def client(
    opened: Store, dsn: str, pool: Pool, settings: Settings, clickhouse: Engine
) -> AsyncIterator[httpx.AsyncClient]:
    """A store with data of all callers, so that each has data to be kept from the others."""
    subjects = [("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "a"), ("ACCOUNT", "b")]
    await opened.put([Row(START + 5 * HOUR, *subject, messages=3) for subject in subjects], START + 6 * HOUR)
    await opened.connection.execute("insert into anlyt.accounts values ('a'), ('b') on conflict do nothing")
    await empty_clickhouse(clickhouse.dsn)
    async with AsyncExitStack() as stack:
        facts = await stack.enter_async_context(open_clickhouse(clickhouse.dsn, statement_timeout=30))
        exports = await stack.enter_async_context(exports_without_s3(pool, dsn, clickhouse.dsn))
        app = create_app(settings, pool, {}, clickhouse=facts, development=True, exports=exports)
        url = await stack.enter_async_context(serving(app, "127.0.0.1", 0))
        yield await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))


def test_every_root_field_has_a_row() -> None:
    roots = [root for root in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type) if root]
    assert {f"{root.name}.{name}" for root in roots for name in root.fields} == {field for field, _ in FIELDS}


def test_every_route_has_a_row(pool: Pool, settings: Settings) -> None:
    app = create_app(settings, pool, {}, clickhouse=NO_CLICKHOUSE, development=True)
    assert isinstance(app, Admission)
    assert isinstance(app.app, Starlette)
    routes = {route.path for route in app.app.routes if isinstance(route, Route)}
    assert routes == {route for route, _ in ROUTES}


async def got(client: httpx.AsyncClient, query: str, caller: str) -> tuple[str, str]:
    """ "ok" or the code, and the first part of the answer."""
    headers = {**headers_of(caller), "Accept": "text/event-stream"}
    async with client.stream("POST", "/graphql", json={"query": query}, headers=headers) as response:
        text = ""
        async for line in response.aiter_lines():
            if line.startswith(("data: {", "{")):
                text = line.removeprefix("data: ")
                break
        answer = httpx.Response(200, text=text).json()
    if "errors" not in answer:
        return "ok", text
    assert answer["data"] is None or set(answer["data"].values()) == {None}, answer
    (error,) = answer["errors"]
    return error["extensions"]["code"], text


@pytest.mark.parametrize("row", FIELDS, ids=" ".join)
async def test_fields(client: httpx.AsyncClient, row: tuple[str, str]) -> None:
    results = {caller: await got(client, row[1], caller) for caller in CALLERS}
    assert [code for code, _ in results.values()] == list(FIELDS[row])


def code_of(response: httpx.Response) -> str:
    """The code of a refusal, from a problem document or a page."""
    if response.headers["content-type"].startswith("text/html"):
        (code,) = re.findall(r'data-code="(\w+)"', response.text)
        return str(code)
    return str(response.json()["code"])


@pytest.mark.parametrize("row", ROUTES, ids=" ".join)
async def test_routes(client: httpx.AsyncClient, row: tuple[str, str]) -> None:
    codes = []
    for caller in CALLERS:
        method, body = ("POST", QUERY) if row[0] == QUERY_PATH else ("GET", None)
        async with client.stream(method, row[1], json=body, headers=headers_of(caller)) as response:
            if response.status_code != 200:
                await response.aread()
            codes.append("ok" if response.status_code == 200 else code_of(response))  # without a stream's events
    assert codes == list(ROUTES[row])


async def test_existing_and_unknown_ids_are_indistinguishable(client: httpx.AsyncClient) -> None:
    """To a customer, the responses for another's account and for no account differ in the request id only."""
    for template in (
        "accounts/{}/usage",
        "throughput?accountId={}",
        "operators/{}/performance",
        "throughput?operatorId={}",
    ):
        answers = []
        for subject in ("b", "op-1", "unheard-of"):
            path = f"{REPORTS}/{template.format(subject)}"
            response = await client.get(path, headers={**headers_of("A"), "X-Request-Id": "same"})
            answers.append((response.status_code, response.text))
        assert len(set(answers)) == 1, answers
    for field in ("account", "operator"):
        texts = {
            subject: (await got(client, f'{{ {field}(id: "{subject}") {{ totalCost }} }}', "A"))[1]
            for subject in ("b", "op-1", "unheard-of")
        }
        assert len({text.split('"requestId"')[0] for text in texts.values()}) == 1, texts


async def test_identity_headers_do_not_widen_a_tokens_scope(client: httpx.AsyncClient) -> None:
    others = {"X-Caller": "admin-dashboard", "X-Tenant-Id": "tenant-B", "X-Account-Id": "b"}
    response = await client.get(f"{REPORTS}/accounts/b/usage", headers={**headers_of("A"), **others})
    assert response.json()["code"] == "FORBIDDEN_ACCOUNT"
    assert (await client.get(f"{REPORTS}/summary", headers=others)).json()["code"] == "UNAUTHENTICATED"
