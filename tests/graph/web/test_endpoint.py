"""Pages answer the API's callers with the API's rights, in every state as HTML."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from graph.web.pages import PAGES
from infra.errors import UsageError
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import HTML, open_site, page
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import tenant

pytestmark = pytest.mark.anyio

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors {}"
)
PATHS = [each.path.replace("{id}", "x-1") for each in PAGES]
INSIGHT = "/insights/mno-quality"


@pytest.fixture
async def site(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    """Pages as `anlyt api` serves them, over PostgreSQL and without ClickHouse."""
    async with open_site(pool) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
async def test_without_identity_a_page_says_so(site: httpx.AsyncClient, path: str) -> None:
    shown = await page(site, path, {}, 401)
    assert shown.codes == ["UNAUTHENTICATED"]
    assert "We do not know who you are" in shown.text


@pytest.mark.parametrize("path", PATHS)
async def test_json_is_not_acceptable(site: httpx.AsyncClient, path: str) -> None:
    response = await site.get(path, headers={**ADMIN, "Accept": "application/json"})
    check_problem(response, 406, "NOT_ACCEPTABLE")


async def test_a_customer_without_a_tenant_may_not_see_networks(site: httpx.AsyncClient) -> None:
    shown = await page(site, INSIGHT, {"X-Caller": "customer-portal"}, 403)
    assert shown.codes == ["FORBIDDEN"]


async def test_an_unknown_caller_is_refused(site: httpx.AsyncClient) -> None:
    assert (await page(site, "/", {"X-Caller": "somebody"}, 403)).codes == ["FORBIDDEN"]
    repeated = [("X-Caller", "admin-dashboard"), ("X-Caller", "customer-portal")]
    response = await site.get("/", headers=repeated)
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("query", "field", "kept"),
    [
        ("last=99d9&lane=OTP", "last", "OTP"),
        ("last=91d&lane=OTP", "last", "OTP"),
        ("window=never&lane=OTP", "window", "OTP"),
        ("timezone=Nowhere/Else&last=7d&lane=OTP", "timezone", "OTP"),
        ("from=yesterday&to=2026-10-02T00:00&lane=OTP", "from", "2026-10-02T00:00"),
        ("from=2026-10-02T00:00&to=2026-10-01T00:00&lane=OTP", "to", "2026-10-02T00:00"),
        ("last=7d&from=2026-10-02T00:00&lane=OTP", "last", "2026-10-02T00:00"),
        ("lane=no%20lane&last=7d", "lane", "no lane"),
        ("direction=mt&last=7d&lane=OTP", "direction", "mt"),
    ],
)
async def test_a_wrong_value_is_shown_at_its_field(site: httpx.AsyncClient, query: str, field: str, kept: str) -> None:
    shown = await page(site, f"{INSIGHT}?{query}", tenant("t-1"), 400)
    assert ("a", "href", f"#field-{field}") in shown.attributes
    names = [value for _, name, value in shown.attributes if name == "id"]
    assert f"field-{field}" in names
    assert f"problem-{field}" in names
    assert ("input", "aria-invalid", "true") in shown.attributes or field == "direction"
    assert kept in [value for _, name, value in shown.attributes if name == "value"]


async def test_what_only_the_report_can_check_keeps_the_form(site: httpx.AsyncClient) -> None:
    """The window is one of reports, but lies before the years of queries."""
    query = "from=1999-12-31T00:00:00Z&to=2000-01-02T00:00:00Z&lane=OTP"
    shown = await page(site, f"{INSIGHT}?{query}", tenant("t-1"), 400)
    assert "The window must lie between" in shown.text
    assert ("input", "value", "OTP") in shown.attributes


@pytest.mark.parametrize("query", ["what=1", "last=7d&last=24h", "%3Cb%3E=1"])
async def test_unknown_and_repeated_parameters_are_refused(site: httpx.AsyncClient, query: str) -> None:
    response = await site.get(f"{INSIGHT}?{query}", headers=tenant("t-1"))
    assert response.status_code == 400
    assert "query parameter" in response.text
    assert "<b>" not in response.text.replace("<b>MNO-K</b>", "")


@pytest.mark.parametrize(
    ("setting", "allowed"), [("none", "'none'"), ("https://portal.example", "https://portal.example")]
)
async def test_every_response_has_the_policy(pool: Pool, setting: str, allowed: str) -> None:
    async with open_site(pool, settings=read_settings({"ANLYT_FRAME_ANCESTORS": setting})) as site:
        responses = [
            await site.get("/", headers=dict(ADMIN)),
            await site.get("/"),
            await site.get(INSIGHT, headers={"X-Caller": "customer-portal"}),
            await site.get(f"{INSIGHT}?last=x", headers=tenant("t-1")),
            await site.get("/", headers={"Accept": "application/json"}),
        ]
        assert [each.status_code for each in responses] == [200, 401, 403, 400, 406]
        css = next(part for part in responses[0].text.split('"') if part.endswith(".css"))
        responses.append(await site.get(css))
        for response in responses:
            assert response.headers["content-security-policy"] == POLICY.format(allowed)
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["referrer-policy"] == "same-origin"
        for response in responses[:4]:
            assert {"accept", "x-caller", "authorization"} <= {
                name.strip().lower() for name in response.headers["vary"].split(",")
            }
            assert response.headers["cache-control"] in {"private, no-cache", "no-store"}


@pytest.mark.parametrize(
    "ancestors",
    ["*", "'self'", "https://a.example; script-src *", "https://a.example b", "none,https://a.example", ","],
)
def test_frame_ancestors_are_origins(ancestors: str) -> None:
    """Nothing else gets into the policy."""
    with pytest.raises(UsageError, match="ANLYT_FRAME_ANCESTORS must be none, or origins"):
        read_settings({"ANLYT_FRAME_ANCESTORS": ancestors})


async def test_nothing_is_inline(site: httpx.AsyncClient) -> None:
    """No style or event attribute, no style element, no script without a source."""
    for path, caller in (("/", ADMIN), (INSIGHT, tenant("t-1")), (f"{INSIGHT}?last=x", tenant("t-1"))):
        html = (await site.get(path, headers=dict(caller))).text
        assert not any(each in html for each in (" style=", "<style", " onclick=", " onload=", "javascript:"))
        assert html.count("<script") == html.count('<script type="module" src="/static/')


@pytest.mark.parametrize("path", [*PATHS, "/persona", "/static/x/pages.css"])
async def test_pages_can_be_turned_off(pool: Pool, path: str) -> None:
    async with open_site(pool, settings=read_settings({"ANLYT_PAGES": "0"}), development=True) as site:
        check_problem(await site.get(path, headers=dict(ADMIN)), 404, "NOT_FOUND")
        assert (await site.get("/openapi.json")).status_code == 200


async def test_requests_of_pages_count_against_the_tenants_rate(pool: Pool) -> None:
    async with open_site(pool, settings=read_settings({"ANLYT_RATE_LIMIT": "1"})) as site:
        caller = tenant("t-1")
        statuses = [(await site.get("/", headers=dict(caller))).status_code for _ in range(6)]
        refused = await site.get("/", headers={**caller, **HTML})
    assert (statuses[0], refused.status_code) == (200, 429)
    assert int(refused.headers["retry-after"]) > 0


async def test_files_are_cached_for_as_long_as_they_are_the_same(site: httpx.AsyncClient) -> None:
    html = (await site.get("/", headers=dict(ADMIN))).text
    urls = sorted({part for part in html.split('"') if part.startswith("/static/")})
    assert len(urls) == 3
    for url in urls:
        current = await site.get(url)
        assert current.headers["cache-control"] == "public, max-age=31536000, immutable"
        outdated = await site.get("/static/0123456789abcdef/" + url.rpartition("/")[2])
        assert outdated.content == current.content
        assert outdated.headers["cache-control"] == "no-cache"
        plain = await site.get(url, headers={"Accept-Encoding": "identity"})
        assert plain.content == current.content
        assert "content-encoding" not in plain.headers
    for name in ("pages.css.gz", "..%2Frendering.py", "x"):
        check_problem(await site.get(f"/static/0/{name}"), 404, "NOT_FOUND")


@pytest.mark.parametrize("caller", [ADMIN, tenant("t-1")], ids=["admin", "tenant"])
async def test_the_navigation_has_the_pages_that_the_caller_may_see(
    site: httpx.AsyncClient, caller: Mapping[str, str]
) -> None:
    role = "admin" if caller is ADMIN else "customer"
    links = (await page(site, "/", caller)).links()
    for each in PAGES:
        if each.is_listed:
            assert (each.path in links) == (role in each.readers)
