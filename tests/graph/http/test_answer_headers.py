"""Headers that the code inside declares: Vary and RateLimit of each answer, Server-Timing in development."""

from typing import Any, TypeAlias

import http_sf
import httpx
import pytest

from graph.access.budget import Budget
from graph.answer_headers import MOST, AnswerHeaders, collected
from graph.app import create_app
from graph.errors import RateLimitedError
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN, portal
from tests.graph.support.problems import check_problem
from tests.support.warehouse import NO_CLICKHOUSE

pytestmark = pytest.mark.anyio

IDENTITY = {"Authorization", "X-Caller", "X-Tenant-Id", "X-Account-Id", "X-Forwarded-Client-Cert", "Cookie"}
USAGE = "/v1/internal/analytics/accounts/a/usage"


def client(pool: Pool, *, development: bool = False, rate: int = 1) -> httpx.AsyncClient:
    settings = read_settings({"ANLYT_RATE_LIMIT": str(rate)})
    app = create_app(settings, pool, {}, clickhouse=NO_CLICKHOUSE, development=development)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api")


Limits: TypeAlias = dict[str, dict[str, Any]]


def limits(response: httpx.Response) -> tuple[Limits, Limits]:
    """Both fields, parsed as structured fields: by the name of the limit, its parameters."""
    policy, state = (_parsed(response.headers.get(name, "")) for name in ("ratelimit-policy", "ratelimit"))
    return policy, state


def _parsed(field: str) -> Limits:
    items: Any = http_sf.parse(field.encode(), tltype="list") if field else []
    return dict(items)


async def test_every_answer_of_a_limited_caller_says_what_is_left(pool: Pool) -> None:
    async with client(pool) as api:
        paths = [USAGE, "/v1/anlyt/catalog", f"{USAGE}?from=x", "/v1/internal/analytics/accounts/b/usage", "/graphql"]
        for left, path in zip([4, 3, 2, 1, 0], paths, strict=True):
            method = "POST" if path == "/graphql" else "GET"
            response = await api.request(method, path, headers=dict(portal("a")), json={"query": "{ x }"})
            policy, state = limits(response)
            assert policy == {"requests": {"q": 5, "w": 5}}, path
            assert state["requests"]["r"] == left, path
        refused = await api.get(USAGE, headers=dict(portal("a")))
        check_problem(refused, 429, "RATE_LIMITED")
        assert limits(refused)[1] == {"requests": {"r": 0, "t": int(refused.headers["retry-after"])}}


async def test_the_platform_and_the_public_have_no_limit_to_report(pool: Pool) -> None:
    async with client(pool) as api:
        for path in [USAGE, "/openapi.json", "/nothing"]:
            assert limits(await api.get(path, headers=dict(ADMIN))) == ({}, {})
    async with client(pool, rate=0) as api:
        assert limits(await api.get(USAGE, headers=dict(portal("a")))) == ({}, {})


def declared(headers: AnswerHeaders) -> dict[str, str]:
    return dict(headers.fields())


def test_the_budget_of_queries_is_declared_while_they_run_and_after_them() -> None:
    now = 0.0
    budget = Budget(2, 600, lambda: now)
    with collected() as headers:
        with budget.query("t") as charge:
            charge.add(200)
        assert declared(headers) == {
            "ratelimit-policy": '"queries";q=2;qu="concurrent-requests", "rows";q=600;qu="rows";w=60',
            "ratelimit": '"queries";r=2, "rows";r=400;t=20',
        }
        with budget.query("t") as charge:
            charge.add(1000)
        assert declared(headers)["ratelimit"] == '"queries";r=2, "rows";r=0;t=61'
        with pytest.raises(RateLimitedError) as refused, budget.query("t"):
            pass
        assert refused.value.headers["Retry-After"] == "61"
    with collected() as headers, budget.query("u"), budget.query("u"):
        assert declared(headers)["ratelimit"].startswith('"queries";r=1')  # at its own admission: one ran


def test_a_quota_fits_into_a_structured_field() -> None:
    with collected() as headers, Budget(1, 10**15).query(None):
        assert f'"rows";q={MOST};' in declared(headers)["ratelimit-policy"]


async def test_vary_names_what_the_answer_depends_on(pool: Pool) -> None:
    async with client(pool) as api:
        assert _vary(await api.get("/openapi.json")) == {"Accept-Encoding"}
        assert _vary(await api.get(USAGE)) == {*IDENTITY, "Accept-Encoding"}
        assert _vary(await api.get(USAGE, headers=dict(portal("a")))) == {*IDENTITY, "Accept-Encoding"}
        answer = await api.post("/v1/anlyt/query", json={}, headers=dict(ADMIN))
        assert _vary(answer) == {*IDENTITY, "Accept", "Accept-Encoding"}


async def test_durations_are_for_development(pool: Pool) -> None:
    async with client(pool, development=True) as api:
        assert (await api.get("/health/live")).headers["server-timing"].startswith("total;dur=")
    async with client(pool) as api:
        assert "server-timing" not in (await api.get("/health/live")).headers


def _vary(response: httpx.Response) -> set[str]:
    return {each.strip() for each in response.headers["vary"].split(",")}
