"""Personas of `anlyt dev`: a cookie chooses the caller of pages there, and nothing anywhere else."""

from collections.abc import AsyncIterator

import httpx
import pytest

from graph.web.personas import COOKIE
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import PERSONAS, open_site, page
from tests.graph.support.queries import tenant

pytestmark = pytest.mark.anyio

ORIGIN = {"Origin": "http://api"}


@pytest.fixture
async def site(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with open_site(pool, personas=PERSONAS, development=True) as client:
        yield client


async def choose(site: httpx.AsyncClient, name: str, next_: str = "/", **headers: str) -> httpx.Response:
    return await site.post("/persona", data={"persona": name, "next": next_}, headers={**ORIGIN, **headers})


async def test_the_first_page_offers_personas_to_nobody_yet(site: httpx.AsyncClient) -> None:
    shown = await page(site, "/", {})
    assert "cookie" in (await site.get("/")).headers["vary"].lower()
    assert "Choose whom to be" in shown.text
    assert not shown.values
    assert (await page(site, "/insights/mno-quality", {}, 401)).codes == ["UNAUTHENTICATED"]


async def test_a_choice_is_kept_in_a_strict_cookie(site: httpx.AsyncClient) -> None:
    response = await choose(site, "t-1", "/insights/mno-quality?last=24h")
    assert (response.status_code, response.headers["location"]) == (303, "/insights/mno-quality?last=24h")
    written = response.headers["set-cookie"].lower()
    assert "httponly" in written
    assert "samesite=strict" in written
    assert "Tenant" in (await page(site, "/", {})).text
    await choose(site, "")
    assert "Choose whom to be" in (await page(site, "/", {})).text


@pytest.mark.parametrize("forged", ["admin", "admin.", "admin.0", f"admin.{'0' * 64}", ".", "", "t-1.x=y; z"])
async def test_a_forged_cookie_is_nobody(site: httpx.AsyncClient, forged: str) -> None:
    cookie = {"Cookie": f"{COOKIE}={forged}"}
    response = await site.get("/insights/mno-quality", headers=cookie)
    assert response.status_code == 401


async def test_a_cookie_of_another_persona_or_process_is_nobody(site: httpx.AsyncClient, pool: Pool) -> None:
    chosen = (await choose(site, "t-1")).cookies[COOKIE]
    swapped = {"Cookie": f"{COOKIE}=admin.{chosen.rpartition('.')[2]}"}
    site.cookies.clear()
    assert (await site.get("/insights/mno-quality", headers=swapped)).status_code == 401
    async with open_site(pool, personas=PERSONAS, development=True) as restarted:
        own = {"Cookie": f"{COOKIE}={chosen}"}
        assert (await restarted.get("/insights/mno-quality", headers=own)).status_code == 401


async def test_an_identity_of_the_request_comes_first(site: httpx.AsyncClient) -> None:
    await choose(site, "admin")
    shown = await page(site, "/", tenant("t-9"))
    assert "t-9" in shown.text
    assert (await page(site, "/insights/mno-quality", {"X-Caller": "customer-portal"}, 403)).codes == ["FORBIDDEN"]


async def test_the_api_does_not_read_the_cookie(site: httpx.AsyncClient) -> None:
    await choose(site, "admin")
    assert (await page(site, "/", {})).values
    for path in ("/v1/internal/analytics/summary", "/v1/anlyt/catalog", "/v1/insights/mno-quality"):
        assert (await site.get(path, headers={"Accept": "*/*"})).status_code == 401
    body = {"query": "{ freshness { dataAsOf } }"}
    answer = (await site.post("/graphql", json=body, headers={"Accept": "*/*"})).json()
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://api:81"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_another_site_cannot_choose(site: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await choose(site, "admin", **headers)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers


async def test_only_a_small_form_chooses_a_persona_on_offer(site: httpx.AsyncClient) -> None:
    assert (await choose(site, "somebody")).status_code == 400
    assert (await site.post("/persona", json={"persona": "admin"}, headers=ORIGIN)).status_code == 415
    assert (await choose(site, "x" * 10_000)).status_code == 413
    assert (await site.get("/persona")).status_code == 405


@pytest.mark.parametrize("next_", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/\r\nX: y"])
async def test_a_choice_leads_only_to_this_site(site: httpx.AsyncClient, next_: str) -> None:
    response = await choose(site, "admin", next_)
    assert (response.status_code, response.headers["location"]) == (303, "/")


@pytest.mark.parametrize("auth", ["headers", "mesh", "jwt", "jwt,mesh,headers"])
async def test_production_ignores_the_cookie(site: httpx.AsyncClient, pool: Pool, auth: str) -> None:
    """Even one that a development server signed, in every kind of authentication."""
    chosen = (await choose(site, "admin")).cookies[COOKIE]
    settings = read_settings({"ANLYT_AUTH": auth, "ANLYT_JWKS": "https://keys.example/jwks"})
    async with open_site(pool, settings=settings) as production:
        for path in ("/", "/insights/mno-quality"):
            response = await production.get(path, headers={"Cookie": f"{COOKIE}={chosen}"})
            assert response.status_code == 401
            assert "Choose whom to be" not in response.text
        posted = await production.post("/persona", data={"persona": "admin"}, headers=ORIGIN)
        assert posted.status_code == 404
        if "headers" in auth:
            assert (await production.get("/", headers=dict(ADMIN))).status_code == 200
