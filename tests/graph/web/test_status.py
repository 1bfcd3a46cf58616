"""The status page shows what the stores say of the service itself, and where to look further."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from graph.web.pages.status import HELP
from infra.clickhouse import open_clickhouse
from infra.embedded.engine import Engine
from infra.postgres import Pool, open_pool
from tests.graph.support.api import ADMIN
from tests.graph.support.insights import RECORDS, REPORTS
from tests.graph.support.pages import FINANCE, as_text, open_site, page
from tests.graph.support.queries import fill, tenant
from tests.graph.support.service_status import BEGAN, DAYS, FIRST_DAY, fill_service_status

pytestmark = pytest.mark.anyio

PATH: Final = "/status"
RUNBOOKS: Final = Path(__file__).parents[3] / "docs" / "runbooks"


@pytest.fixture(scope="module")
async def site(pool: Pool, clickhouse: Engine) -> AsyncIterator[httpx.AsyncClient]:
    await fill_service_status(pool)
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    async with open_clickhouse(clickhouse.dsn, statement_timeout=30) as connected:
        client = await connected.client()
        rows = [[cube, "t-1", BEGAN] for cube in ("cube_dlr_hourly", "cube_dlr_hourly", "cube_cdr_daily", "copies")]
        await client.insert("dirty", rows, column_names=["cube", "tenant_id", "hour"], database="anlyt")
        async with open_site(pool, clickhouse.dsn) as site:
            yield site
        await client.command("truncate table anlyt.dirty")


def iso(time: datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


async def test_runs_of_pipelines(site: httpx.AsyncClient) -> None:
    shown = await page(site, PATH, ADMIN)
    rows = shown.rows("table-pipelines")
    assert rows["cubes"] == {
        "status": "RUNNING",
        "started": iso(BEGAN + timedelta(seconds=20)),
        "seconds": "null",
        "lastSuccess": "2026-10-09T02:30:10.250000Z",
        "succeeded": "12",
        "failed": "5",
        "lastFailure": iso(BEGAN),
    }
    assert rows["rollup"] == {
        "status": "ABANDONED",
        "started": iso(BEGAN + timedelta(seconds=100)),
        "seconds": "1.0",
        "lastSuccess": iso(BEGAN + timedelta(seconds=70)),
        "succeeded": "0",
        "failed": "0",
        "lastFailure": iso(BEGAN + timedelta(seconds=100)),
    }
    assert list(rows) == ["cubes", "rollup"]
    assert "ClickHouse does not answer; <b>it is away</b>." in shown.text
    assert "b" not in shown.tags


async def test_facts_and_cubes(site: httpx.AsyncClient, clickhouse: Engine) -> None:
    rows = (await page(site, PATH, ADMIN)).rows("table-tables")
    marks = {name: row.get("marks") for name, row in rows.items()}
    assert marks == {
        **{f"facts_{name}": None for name in ("dlr", "cdr", "compliance")},
        **{"cube_dlr_hourly": "2", "cube_dlr_daily": "0", "cube_cdr_hourly": "0"},
        **{"cube_cdr_daily": "1", "cube_compliance_hourly": "0"},
    }
    assert float(rows["cube_dlr_hourly"]["age"]) >= 0
    async with open_clickhouse(clickhouse.dsn, statement_timeout=30) as connected:
        client = await connected.client()
        for table in ("facts_dlr", "facts_cdr"):
            ((newest,),) = (await client.query(f"select max(event_time) from anlyt.{table}")).result_rows
            assert rows[table]["dataAsOf"] == iso(newest)


async def test_closed_days(site: httpx.AsyncClient) -> None:
    rows = (await page(site, PATH, ADMIN)).rows("table-days")
    assert list(rows) == [str(FIRST_DAY + timedelta(days=day)) for day in range(DAYS - 1, DAYS - 8, -1)]
    amended = rows[str(FIRST_DAY + timedelta(days=2))]
    assert amended == {"facts": "130", "links": "2", "link": "10", "hash": (10).to_bytes(32).hex()}
    assert rows[str(FIRST_DAY + timedelta(days=5))]["facts"] == "60"


async def test_findings_are_those_of_the_last_comparisons(site: httpx.AsyncClient) -> None:
    shown = await page(site, PATH, ADMIN)
    assert shown.rows("table-findings") == {
        "DIVERGED": {"comparisons": "1", "newestDay": str(FIRST_DAY + timedelta(days=4))},
        "OK": {"comparisons": str(DAYS - 1), "newestDay": str(FIRST_DAY + timedelta(days=8))},
    }
    assert "/reconciliation?status=DIVERGED" in shown.links()
    listed = await page(site, "/reconciliation?status=DIVERGED", ADMIN)
    assert len(listed.rows("table-comparisons")) == 1


async def test_freshness_equals_the_apis(site: httpx.AsyncClient) -> None:
    query = {"query": "{ freshness { projections { projection dataAsOf completeUntil lagSeconds } } }"}
    response = await site.post("/graphql", json=query, headers={**ADMIN, "Accept": "application/json"})
    expected = {
        each.pop("projection"): {name: as_text(value) for name, value in each.items()}
        for each in response.json()["data"]["freshness"]["projections"]
    }
    assert (await page(site, PATH, ADMIN)).rows("table-projections") == expected


async def test_each_part_names_its_command_and_runbooks(site: httpx.AsyncClient) -> None:
    shown = await page(site, PATH, ADMIN)
    sections = {value for tag, name, value in shown.attributes if (tag, name) == ("section", "id")}
    assert sections == set(HELP)
    for part in HELP.values():
        assert part.command in shown.text
        for name in part.runbooks:
            assert f"docs/runbooks/{name}.md" in shown.text
            assert (RUNBOOKS / f"{name}.md").is_file()


@pytest.mark.parametrize("caller", [FINANCE, tenant("t-1")], ids=["finance", "tenant"])
async def test_only_administrators_may_see_it(site: httpx.AsyncClient, caller: Mapping[str, str]) -> None:
    assert (await page(site, PATH, caller, 403)).codes == ["FORBIDDEN"]


async def test_without_clickhouse_it_shows_the_rest(pool: Pool, site: httpx.AsyncClient) -> None:
    async with open_site(pool) as without:
        shown = await page(without, PATH, ADMIN)
    assert shown.codes == ["DEPENDENCY_UNAVAILABLE"]
    assert shown.rows("table-pipelines")
    assert not shown.rows("table-tables")


async def test_without_postgres_it_shows_the_rest(clickhouse: Engine, site: httpx.AsyncClient) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    async with open_pool(nowhere, size=2) as pool, open_site(pool, clickhouse.dsn) as without:
        shown = await page(without, PATH, ADMIN)
    assert shown.codes == ["DEPENDENCY_UNAVAILABLE"] * 4
    assert shown.rows("table-tables")
    assert "anlyt deadletters list" in shown.text
