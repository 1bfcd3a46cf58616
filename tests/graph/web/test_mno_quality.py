"""The page of network quality shows what the API answers, to each persona, and nobody else's ids or names."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import pytest

from infra.embedded.engine import Engine
from infra.postgres import Pool
from infra.settings import read_settings
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.pages import FINANCE, PageText, as_text, open_site, page
from tests.graph.support.queries import MNOS, QUERY, TENANTS, fill, reports, tenant

pytestmark = pytest.mark.anyio

PATH = "/insights/mno-quality"
API = "/v1/insights/mno-quality"
FIELDS = ("deliveryRate", "p95LatencyMs", "esmeErrorRate", "messages", "share")
DAYS = "from=2026-10-02T00:00:00Z&to=2026-10-03T00:00:00Z"
BEFORE = "from=2026-10-01T00:00:00Z&to=2026-10-02T00:00:00Z"
WHOLE = "from=2026-10-01T00:00:00Z&to=2026-10-04T00:00:00Z"
SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"\"'><img src=x onerror=alert(1)>{SCRIPT}"
CALLERS = {"admin": ADMIN, "finance": FINANCE, "t-1": tenant("t-1"), "t-2": tenant("t-2")}


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> str:
    """Facts of three tenants, and of one whose every free text is hostile."""
    (like, *_) = reports(Random(5), 1)
    free = dict.fromkeys(("lane", "mno", "operator_id", "error_code", "account_id"), HOSTILE)
    hostile = [{**like, **free, "tenant_id": "t-bad", "event_key": 90_000 + number} for number in range(150)]
    await fill(clickhouse.dsn, facts_dlr=[*REPORTS, *hostile], facts_cdr=RECORDS)
    return clickhouse.dsn


@pytest.fixture(scope="module")
async def site(pool: Pool, filled: str) -> AsyncIterator[httpx.AsyncClient]:
    async with open_site(pool, filled) as client:
        yield client


async def answer(site: httpx.AsyncClient, caller: Mapping[str, str], query: str) -> Sequence[Mapping[str, Any]]:
    """The networks of the API's answer."""
    response = await site.get(f"{API}?{query}", headers={**caller, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    networks: Sequence[Mapping[str, Any]] = response.json()["mnos"]
    return networks


@pytest.mark.parametrize("name", CALLERS)
async def test_figures_equal_the_apis(site: httpx.AsyncClient, name: str) -> None:
    caller = CALLERS[name]
    for query in (DAYS, f"{DAYS}&lane=OTP", f"{DAYS}&lane=MARKETING&direction=MO", WHOLE):
        shown = await page(site, f"{PATH}?{query}", caller)
        networks = await answer(site, caller, query)
        assert networks
        rows = shown.rows("table-networks")
        expected = {
            each["mno"]: {field: as_text(each[field]) for field in FIELDS}
            for each in networks
            if not each["suppressed"]
        }
        assert list(rows.items()) == list(expected.items())  # in the API's order
        assert all(each["mno"] in shown.text for each in networks)


@pytest.mark.parametrize("name", CALLERS)
async def test_changes_are_differences_of_the_apis_answers(site: httpx.AsyncClient, name: str) -> None:
    caller = CALLERS[name]
    shown = await page(site, f"{PATH}?{DAYS}", caller)
    before = {each["mno"]: each for each in await answer(site, caller, BEFORE)}
    expected = [
        Decimal(str(each[field])) - Decimal(str(before[each["mno"]][field]))
        for each in await answer(site, caller, DAYS)
        for field in FIELDS
        if each[field] is not None and before.get(each["mno"], {}).get(field) is not None
    ]
    changes = [Decimal(value) for _, attribute, value in shown.attributes if attribute == "data-change"]
    assert changes == expected
    assert changes


async def rows_of(site: httpx.AsyncClient, caller: Mapping[str, str], query: Mapping[str, Any]) -> Any:
    response = await site.post(QUERY, json=query, headers={**caller, "Accept": "application/json"})
    assert response.status_code == 200, response.text
    return response.json()["data"]


@pytest.mark.parametrize("name", CALLERS)
@pytest.mark.parametrize(
    ("zone", "first", "days"), [("UTC", 1, 4), ("Asia/Kabul", 1, 4), ("Asia/Kabul", 1, 3), ("UTC", 2, 1)]
)
async def test_the_series_equals_the_apis(site: httpx.AsyncClient, name: str, zone: str, first: int, days: int) -> None:
    """Up to three days are shown by hour, but by day to a tenant that has too few reports per hour."""
    caller, reads_names = CALLERS[name], name in {"admin", "finance"}
    start, length = datetime(2026, 10, first, tzinfo=UTC), timedelta(days=days)
    granularity = "hour" if days <= 3 and reads_names else "day"
    window = f"from={start:%Y-%m-%dT%H:%M:%SZ}&to={start + length:%Y-%m-%dT%H:%M:%SZ}"
    shown = (await page(site, f"{PATH}?{window}&timezone={zone}", caller)).rows("over-time-chart")

    async def rates(start: datetime) -> Mapping[tuple[datetime, str], str]:
        query = {
            "dataset": "dlr",
            "measures": ["delivered", "failed", "deliveryRate"],
            "dimensions": ["mno"],
            "time": {"from": f"{start:%FT%TZ}", "to": f"{start + length:%FT%TZ}", "granularity": granularity}
            | {"timezone": zone},
            "limit": 10_000,
        }
        return {
            (datetime.fromisoformat(row["time"]), row["mno"]): as_text(row["deliveryRate"])
            for row in await rows_of(site, caller, query)
            if row["delivered"] + row["failed"] >= (1 if reads_names else 20)
        }

    now, before = await rates(start), await rates(start - length)
    times = {time for time, _ in now}
    compared = {
        (time + length, f"{mno}, period before"): rate
        for (time, mno), rate in before.items()
        if time + length in times and mno in {name for _, name in now}
    }
    assert now
    assert bool(compared) == (first > 1)
    found = {(datetime.fromisoformat(time), mno): rate for time, rates in shown.items() for mno, rate in rates.items()}
    assert found == {**now, **compared}


@pytest.mark.parametrize("name", CALLERS)
async def test_lanes_and_directions_equal_the_apis_filters(site: httpx.AsyncClient, name: str) -> None:
    caller = CALLERS[name]
    shown = (await page(site, f"{PATH}?{WHOLE}", caller)).rows("table-traffic")
    found = 0
    for lane in ("OTP", "MARKETING"):
        for direction in ("MT", "MO"):
            networks = await answer(site, caller, f"{WHOLE}&lane={lane}&direction={direction}")
            rates = {each["mno"]: as_text(each["deliveryRate"]) for each in networks if not each["suppressed"]}
            assert shown.get(f"{lane} {direction}", {}) == rates
            found += len(rates)
    assert found


async def states(site: httpx.AsyncClient, nowhere: httpx.AsyncClient, caller: Mapping[str, str]) -> Sequence[str]:
    """Every state of the page and of the first page for a caller: HTML and headers."""
    urls = [f"{PATH}?{WHOLE}", f"{PATH}?{DAYS}&lane=OTP", f"{PATH}?last=24h", f"{PATH}?last=x", f"{PATH}?lane=a%20b"]
    responses = [await client.get(url, headers=dict(caller)) for client in (site, nowhere) for url in (*urls, "/")]
    responses.append(await site.get(PATH, headers={"X-Caller": "customer-portal"}))
    responses.append(await site.get(PATH))
    assert {response.status_code for response in responses} == {200, 400, 401, 403, 503}
    return [f"{response.headers} {response.text}" for response in responses]


async def test_a_tenants_pages_name_no_network_and_no_other_tenant(
    site: httpx.AsyncClient, pool: Pool, filled: str
) -> None:
    async with open_site(pool) as nowhere:
        for text in await states(site, nowhere, tenant("t-1")):
            assert not [name for name in MNOS[:3] if name in text]
            assert not [name for name in ("SALAAM", "ETISALAT_AF", "t-bad", *TENANTS[1:]) if name in text]


async def test_suppressed_and_few_reports_look_so(site: httpx.AsyncClient, pool: Pool) -> None:
    shown = await page(site, f"{PATH}?{WHOLE}", tenant("t-2"))
    (few,) = [each for each in await answer(site, tenant("t-2"), WHOLE) if each["suppressed"]]
    assert few["mno"] not in shown.rows("table-networks")
    marks = [value for _, attribute, value in shown.attributes if attribute == "class" and "mark-" in value]
    assert "mark mark-suppressed" in marks
    assert "mark mark-low_sample" in marks
    assert "Why a network has no name" in shown.text
    assert "Why a network has no name" not in (await page(site, f"{PATH}?{WHOLE}", ADMIN)).text


async def test_an_addendum_shows_names_and_says_so(pool: Pool, filled: str) -> None:
    await pool.execute("insert into anlyt.data_share_addenda (tenant_id, valid_from) values ('t-3', now())")
    async with open_site(pool, filled) as site:
        shown = await page(site, f"{PATH}?{WHOLE}", tenant("t-3"))
    assert {"AWCC", "ROSHAN"} <= shown.rows("table-networks").keys()
    assert "because a data-share addendum of yours is in force" in shown.text


async def test_hostile_text_is_only_text(site: httpx.AsyncClient) -> None:
    hostile = "%22%27%3E%3Cscript%3Ealert(1)%3C/script%3E"
    queries = [WHOLE, *(f"{WHOLE}&{name}={hostile}" for name in ("lane", "direction", "x", hostile))]
    queries += [f"{name}={hostile}" for name in ("from", "to", "last", "window", "timezone")]
    for caller in (ADMIN, tenant("t-bad"), {**tenant(SCRIPT), "X-Request-Id": SCRIPT}):
        for query in queries:
            response = await site.get(f"{PATH}?{query}", headers=dict(caller))
            assert SCRIPT not in response.text
            assert "<img" not in response.text
            shown = PageText(response.text)
            sources = [value for tag, name, value in shown.attributes if (tag, name) == ("script", "src")]
            assert shown.tags.count("script") == len([each for each in sources if each.startswith("/static/")])
            assert not [name for _, name, _ in shown.attributes if name.startswith("on")]
    shown = await page(site, f"{PATH}?{WHOLE}", ADMIN)
    assert HOSTILE in shown.rows("table-networks")


async def test_the_address_is_the_state(site: httpx.AsyncClient) -> None:
    """All links of windows and filters keep the rest of the address."""
    caller = tenant("t-1")
    shown = await page(site, f"{PATH}?{WHOLE}&timezone=Asia/Kabul&lane=OTP", caller)
    for link in (each for each in shown.links() if each.startswith(f"{PATH}?") and "lane=OTP&" in each + "&"):
        assert "timezone=Asia/Kabul" in link
    assert f"{PATH}?timezone=Asia/Kabul&lane=OTP&last=7d" in [link.replace("&amp;", "&") for link in shown.links()]
    local = await page(site, f"{PATH}?from=2026-10-01T04:30&to=2026-10-04T04:30&timezone=Asia/Kabul&lane=OTP", caller)
    assert local.rows("table-networks") == shown.rows("table-networks")
    for preset in ("last=24h", "window=yesterday", "last=7d", "last=30d", "last=90d", "window=thisMonth"):
        assert (await site.get(f"{PATH}?{preset}", headers=caller)).status_code == 200


async def test_each_part_fails_on_its_own(pool: Pool, filled: str) -> None:
    async with open_site(pool, filled, settings=read_settings({"ANLYT_QUERY_CONCURRENCY": "1"})) as site:
        shown = await page(site, f"{PATH}?{WHOLE}", tenant("t-1"))
        assert 0 < shown.codes.count("RATE_LIMITED") < 4
    async with open_site(pool) as nowhere:
        for caller in (ADMIN, tenant("t-1")):
            shown = await page(nowhere, f"{PATH}?{WHOLE}", caller, 503)
            assert set(shown.codes) == {"DEPENDENCY_UNAVAILABLE"}
            assert "Load the page again" in shown.text
