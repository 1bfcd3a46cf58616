"""Pages of reports have validators: who has a page gets 304, and nobody gets a page of other figures or callers."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from graph.reports.account import account_usage
from graph.reports.answers import AccountUsage
from graph.reports.reading.reader import Known, Reader
from graph.reports.windows import DaySlice
from graph.web.kept import KeptPages
from graph.web.pages import PAGES
from graph.web.pages import dashboard as dashboard_page
from graph.web.pages import usage as usage_page
from infra.postgres import Pool, open_pool
from tests.graph.support.api import ADMIN
from tests.graph.support.pages import FINANCE, PERSONAS, open_site
from tests.graph.support.store import Row, Store

pytestmark = pytest.mark.anyio

BEGIN: Final = datetime(2026, 10, 1, tzinfo=UTC)
WINDOW: Final = "from=2026-10-02T00:00:00Z&to=2026-10-04T00:00:00Z"
FIRST: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "t-1", "X-Account-Id": "acc-1"}
SECOND: Final = {"X-Caller": "customer-portal", "X-Tenant-Id": "t-2", "X-Account-Id": "acc-2"}
VISITS: Final = {
    "/dashboard": ADMIN,
    "/operators/op-1": ADMIN,
    "/accounts/acc-1": FINANCE,
    "/usage": FIRST,
}


@pytest.fixture
async def store(opened: Store) -> Store:
    """Figures of each page, and no other's."""
    await opened.empty()
    subjects = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"), ("ACCOUNT", "acc-2"))
    rows = [
        Row(BEGIN + timedelta(hours=hour), *subject, messages=1000 + number, delivered=900)
        for hour in range(0, 72, 6)
        for number, subject in enumerate(subjects)
    ]
    await opened.put(rows, BEGIN + timedelta(days=3))
    return opened


@pytest.fixture
async def site(pool: Pool, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with open_site(pool) as client:
        yield client


async def get(
    site: httpx.AsyncClient, path: str, caller: Mapping[str, str], *known: httpx.Response, query: str = WINDOW
) -> httpx.Response:
    """A page, for a caller that has the `known` ones."""
    tags = {"If-None-Match": ", ".join(each.headers["etag"] for each in known)} if known else {}
    return await site.get(f"{path}?{query}", headers={**caller, **tags})


def test_which_pages_are_of_reports() -> None:
    assert {
        page.path.replace("{id}", "op-1" if "operators" in page.path else "acc-1")
        for page in PAGES
        if page.is_of_reports
    } == set(VISITS)


@pytest.mark.parametrize("path", VISITS)
async def test_who_has_the_page_gets_304(site: httpx.AsyncClient, path: str) -> None:
    first = await get(site, path, VISITS[path])
    assert first.status_code == 200
    assert re.fullmatch(r'W/"[0-9a-f]{32}"', first.headers["etag"])
    again = await get(site, path, VISITS[path], first)
    assert (again.status_code, again.content) == (304, b"")
    same = ("etag", "cache-control", "vary", "content-security-policy", "x-content-type-options", "referrer-policy")
    assert {name: again.headers.get(name) for name in same} == {name: first.headers.get(name) for name in same}
    assert first.headers["cache-control"] == "private, no-cache"
    assert {"accept", "x-caller", "authorization"} <= {
        each.strip().lower() for each in first.headers["vary"].split(",")
    }


@pytest.mark.parametrize("path", VISITS)
async def test_a_page_is_rendered_once(site: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """The second answer is the first one, and is neither loaded nor rendered; its id is its own."""
    first = await get(site, path, VISITS[path])
    monkeypatch.setattr("graph.web.endpoint.render", None)
    again = await get(site, path, VISITS[path])
    assert again.status_code == 200
    assert (again.text, again.headers["etag"]) == (first.text, first.headers["etag"])
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert first.headers["x-request-id"] not in again.text


@pytest.mark.parametrize("path", VISITS)
async def test_a_late_event_is_shown_at_once(site: httpx.AsyncClient, store: Store, path: str) -> None:
    first = await get(site, path, VISITS[path])
    subjects = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"))
    late = [Row(BEGIN + timedelta(hours=30), *subject, messages=234_567, delivered=1) for subject in subjects]
    await store.put(late, BEGIN + timedelta(days=3))
    after = await get(site, path, VISITS[path], first)
    assert after.status_code == 200
    assert after.headers["etag"] != first.headers["etag"]
    assert after.text != first.text


@pytest.mark.parametrize("path", VISITS)
async def test_the_period_before_is_part_of_the_page(site: httpx.AsyncClient, store: Store, path: str) -> None:
    first = await get(site, path, VISITS[path])
    await store.put([Row(BEGIN, "PLATFORM", "platform", messages=1)], BEGIN + timedelta(days=3))
    assert (await get(site, path, VISITS[path], first)).status_code == 200


async def test_no_caller_gets_anothers_page(site: httpx.AsyncClient) -> None:
    """Neither by the same address, nor with the other's validator, nor as another caller of the same account."""
    own = await get(site, "/usage", FIRST)
    others = await get(site, "/usage", SECOND, own)
    assert others.status_code == 200
    assert "acc-1" not in others.text
    assert "t-1" not in others.text
    callers = [FIRST, {**FIRST, "X-Tenant-Id": "t-3"}, SECOND]
    tags = [(await get(site, "/usage", each)).headers["etag"] for each in callers]
    tags += [(await get(site, "/accounts/acc-1", each)).headers["etag"] for each in (ADMIN, FINANCE)]
    assert len(set(tags)) == len(tags)
    refused = await get(site, "/dashboard", FINANCE, await get(site, "/dashboard", ADMIN))
    assert refused.status_code == 403
    assert "etag" not in refused.headers


async def test_all_that_a_page_says_is_part_of_its_validator(site: httpx.AsyncClient) -> None:
    """Its window, its zone, the address that it repeats, and the origin of the code on it."""
    tags = [
        (await get(site, "/dashboard", ADMIN, query=query)).headers["etag"]
        for query in (WINDOW, f"{WINDOW}&timezone=Asia/Kabul", WINDOW.replace("04T", "03T"), "last=7d")
    ]
    elsewhere = await site.get(f"/dashboard?{WINDOW}", headers={**ADMIN, "Host": "other"})
    assert "http://other/" in elsewhere.text
    tags.append(elsewhere.headers["etag"])
    assert len(set(tags)) == len(tags)


async def test_a_persona_has_pages_of_its_own(pool: Pool, store: Store) -> None:
    async with open_site(pool, personas=PERSONAS, development=True) as site:
        direct = await get(site, "/dashboard", ADMIN)
        sent = {"Origin": "http://api"}
        await site.post("/persona", data={"persona": "admin"}, headers=sent)
        chosen = await get(site, "/dashboard", {}, direct)
        assert chosen.status_code == 200
        assert "cookie" in chosen.headers["vary"].lower()
        assert (await get(site, "/dashboard", {}, chosen)).status_code == 304
        await site.post("/persona", data={"persona": "t-1"}, headers=sent)
        assert (await get(site, "/dashboard", {}, chosen)).status_code == 403


@pytest.mark.parametrize("query", ["last=x", "what=1"])
async def test_a_wrong_address_has_no_validator(site: httpx.AsyncClient, query: str) -> None:
    response = await get(site, "/dashboard", ADMIN, query=query)
    assert response.status_code == 400
    assert "etag" not in response.headers


async def test_a_page_that_lacks_a_part_is_not_kept(site: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(dashboard_page, "top_operators", failing)
        lacking = await get(site, "/dashboard", ADMIN)
        star = await site.get(f"/dashboard?{WINDOW}", headers={**ADMIN, "If-None-Match": "*"})
    assert (lacking.status_code, star.status_code) == (200, 200)
    assert "etag" not in lacking.headers
    assert "Something failed on our side" in lacking.text
    assert lacking.headers["x-request-id"] in lacking.text
    whole = await get(site, "/dashboard", ADMIN)
    assert "Something failed on our side" not in whole.text
    assert "etag" in whole.headers


@pytest.mark.parametrize("path", VISITS)
async def test_a_page_that_changed_while_it_was_read_is_not_kept(
    site: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Events between the versions of its days and its reports. A page that finds its reports cached is of these."""
    known = Reader.known

    async def then_changed(reader: Reader, slices: Sequence[DaySlice]) -> Known:
        found = await known(reader, slices)
        subjects = (("PLATFORM", "platform"), ("OPERATOR", "op-1"), ("ACCOUNT", "acc-1"))
        late = [Row(BEGIN + timedelta(hours=30), *each, messages=234_567, delivered=1) for each in subjects]
        await store.put(late, BEGIN + timedelta(days=3))
        return found

    before = await get(site, path, VISITS[path])
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(Reader, "known", then_changed)
        meanwhile.setattr(KeptPages, "get", lambda *_: None)
        changed = await get(site, path, VISITS[path])
    assert changed.status_code == 200
    is_cached = path == "/operators/op-1"
    assert (changed.text == before.text) == is_cached
    assert changed.headers.get("etag") == (before.headers["etag"] if is_cached else None)
    after = await get(site, path, VISITS[path], before, changed) if is_cached else await get(site, path, VISITS[path])
    assert after.status_code == 200
    assert after.text != before.text


async def test_cached_reports_take_no_statement(
    logged: tuple[Pool, list[str]], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dashboard takes one for the versions, and those of the operators and of the breakdown, whose rows are read."""
    pool, statements = logged
    newest = "from=2026-10-03T00:00:00Z&to=2026-10-04T00:00:00Z"  # days without events are never cached
    async with open_site(pool) as site:
        first = await get(site, "/dashboard", ADMIN, query=newest)
        monkeypatch.setattr(KeptPages, "get", lambda *_: None)
        statements.clear()
        again = await get(site, "/dashboard", ADMIN, query=newest)
    assert (again.text, again.headers["etag"]) == (first.text, first.headers["etag"])
    assert sum("anlyt.event_days" in each for each in statements) == 3


async def test_a_change_after_its_reports_is_in_the_next_page(
    site: httpx.AsyncClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page has the validator of what it shows, and whoever has it gets the other one."""

    async def then_changed(*arguments: Any) -> AccountUsage:
        found = await account_usage(*arguments)
        read.append(found)
        if len(read) == 2:
            await store.put([late], BEGIN + timedelta(days=3))
        return found

    read, late = list[AccountUsage](), Row(BEGIN + timedelta(hours=30), "ACCOUNT", "acc-1", messages=234_567)
    before = await get(site, "/usage", FIRST)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(usage_page, "account_usage", then_changed)
        meanwhile.setattr(KeptPages, "get", lambda *_: None)
        shown = await get(site, "/usage", FIRST)
    assert (shown.text, shown.headers["etag"]) == (before.text, before.headers["etag"])
    after = await get(site, "/usage", FIRST, shown)
    assert after.status_code == 200
    assert after.headers["etag"] != shown.headers["etag"]
    assert after.text != shown.text


@pytest.mark.parametrize("path", VISITS)
async def test_without_postgresql_a_page_says_so(path: str) -> None:
    """As before: each part says what is missing, at once, and no validator promises anything."""
    async with open_pool("postgresql://nobody@127.0.0.1:1/none", size=2) as pool, open_site(pool) as site:
        response = await get(site, path, VISITS[path])
    assert response.status_code == 503
    assert response.text.count('data-code="DEPENDENCY_UNAVAILABLE"') >= 1
    assert "etag" not in response.headers
    assert 'id="field-timezone"' in response.text


async def test_kept_pages_are_of_one_site(pool: Pool, store: Store) -> None:
    """A process that has rendered nothing answers the same validator."""
    async with open_site(pool) as first, open_site(pool) as second:
        known = await get(first, "/usage", FIRST)
        assert (await get(second, "/usage", FIRST, known)).status_code == 304


def test_a_dashboard_fits_many_times() -> None:
    kept = KeptPages()
    for number in range(200):
        kept.put(str(number), b" " * 150_000)
    assert all(kept.get(str(number)) for number in range(200))
