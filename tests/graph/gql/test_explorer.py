"""GraphiQL: complete, served from here alone, and with examples that work."""

import json
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from graph.gql.explorer import TABS, Tab
from graph.gql.schema import SCHEMA
from graph.http import assets
from infra.embedded.engine import Engine
from infra.postgres import Pool
from tests.graph.support.api import Api
from tests.graph.support.problems import check_problem
from tests.graph.support.queries import open_query_client
from tests.support.warehouse import empty_clickhouse

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def warehouse(clickhouse: Engine) -> str:
    await empty_clickhouse(clickhouse.dsn)
    return clickhouse.dsn


async def test_the_page_loads_only_from_this_server(api: Api) -> None:
    page = await api.client.get("/graphql")
    assert (page.status_code, "http://" in page.text, "https://" in page.text) == (200, False, False)
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    names = [part for part in parts if not part.startswith("data:")]
    assert len(names) == 4
    for name in names:
        part = await api.client.get(f"/{name}")
        assert part.status_code == 200
        assert part.headers["content-type"].startswith(("text/css", "text/javascript"))
        assert len(part.content) > 10_000  # httpx has unpacked it
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_without_scripts_the_page_is_one_sentence(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "FETCHED", tmp_path)
    page = await api.client.get("/graphql")
    assert page.status_code == 200
    assert page.text == f"{assets.MISSING} GraphQL itself is served: POST queries to this address.\n"
    check_problem(await api.client.get("/graphql/assets/graphiql.min.js"), 404, "NOT_FOUND")


async def test_the_page_has_the_tabs(api: Api) -> None:
    text = (await api.client.get("/graphql")).text
    found = json.loads(re.search(r"const defaultTabs = (.*);", text)[1].replace("<\\/", "</"))  # type: ignore[index]  # there is one
    assert [json.loads(tab["headers"]) for tab in found] == [tab.headers for tab in TABS]


@pytest.mark.parametrize("tab", [tab for tab in TABS if "\nquery" in tab.query], ids=lambda tab: tab.query.split()[1])
async def test_every_query_is_answered(pool: Pool, warehouse: str, tab: Tab) -> None:
    body = {"query": tab.query, "variables": dict(tab.variables)}
    async with open_query_client(pool, warehouse) as query_client:
        answer = (await query_client.client.post("/graphql", json=body, headers=dict(tab.headers))).json()
    assert "errors" not in answer, answer


def test_every_subscription_is_valid() -> None:
    (live,) = [tab for tab in TABS if "\nsubscription" in tab.query]
    assert not validate(SCHEMA, parse(live.query))


@pytest.mark.parametrize("name", ["react.license.txt", "graphiql.html", "x", "..%2Fexplorer.py", "graphiql.min.js.gz"])
async def test_only_files_of_the_page_are_served(api: Api, name: str) -> None:
    check_problem(await api.client.get(f"/graphql/assets/{name}"), 404, "NOT_FOUND")
