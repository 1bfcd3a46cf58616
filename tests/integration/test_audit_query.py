"""US-ANLYT-15: all pages of five years of a tenant's facts are exact, and each access is recorded."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import httpx
import pytest

from graph.audit import audits
from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from tests.graph.support.problems import check_problem
from tests.support import audit_facts
from tests.support.audit_facts import BEGIN, END, Fact
from tests.support.chaos import frozen
from tests.support.database import connected
from tests.support.regulator import QUERY, audit_listener, make_certificates
from tests.support.warehouse import empty_clickhouse

pytestmark = pytest.mark.anyio

COUNT = 30_000
FIVE_YEARS = {"from": BEGIN.isoformat(), "to": END.isoformat()}


@dataclass(frozen=True, slots=True)
class Audit:
    """An accepted client, and the database with the access log."""

    client: httpx.AsyncClient
    database: str

    async def ask(self, **body: Any) -> Any:
        response = await self.client.post(QUERY, json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def refused(self, status: int, code: str, **body: Any) -> Any:
        response = await self.client.post(QUERY, json=body)
        check_problem(response, status, code)
        return response.json()

    async def walk(self, **body: Any) -> Sequence[Any]:
        """All pages of a query."""
        pages = [await self.ask(**body)]
        while pages[-1]["page"]["hasNextPage"]:
            assert len(pages[-1]["data"]) == body["limit"]
            pages.append(await self.ask(**body, after=pages[-1]["page"]["endCursor"]))
        return pages

    async def recorded(self) -> Sequence[Mapping[str, Any]]:
        async with connected(self.database) as connection:
            rows = await connection.fetch("select * from anlyt.audit_access_log order by access_id")
        return [dict(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Filled:
    """A ClickHouse, and the facts in it."""

    dsn: str
    facts: Mapping[str, Sequence[Fact]]

    def rows(self, **body: Any) -> Sequence[Fact]:
        dataset = body.get("dataset", "compliance")
        return audit_facts.expected(dataset, self.facts[dataset], body)


@pytest.fixture(scope="module")
async def filled(clickhouse: Engine) -> Filled:
    await empty_clickhouse(clickhouse.dsn)
    return Filled(clickhouse.dsn, await fill(clickhouse.dsn, 1501, COUNT))


@pytest.fixture
async def audit(database: str, filled: Filled, tmp_path: Path) -> AsyncIterator[Audit]:
    certificates = make_certificates(tmp_path)
    engines = Engines("nats://127.0.0.1:1", database, filled.dsn)
    async with (
        audit_listener(certificates.files, engines) as url,
        httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=60) as client,
    ):
        yield Audit(client, database)


async def fill(dsn: str, seed: int, count: int) -> Mapping[str, Sequence[Fact]]:
    print("seed", seed)
    random = Random(seed)
    facts = {
        "compliance": [audit_facts.evaluation(random, at) for at in audit_facts.moments(random, count)],
        "cdr": [audit_facts.record(random, at) for at in audit_facts.moments(random, count // 20)],
    }
    async with connect(dsn) as client:
        for dataset, some in facts.items():
            await audit_facts.write(client, dataset, some)
    return facts


async def test_walks_are_exact(audit: Audit, filled: Filled) -> None:
    random = Random(1502)
    for tenant in audit_facts.TENANTS:
        day = BEGIN + timedelta(days=random.randrange(1800))
        for body in (
            {**FIVE_YEARS, "limit": 4_000},
            {**FIVE_YEARS, "limit": 2_000, "verdict": random.choice(audit_facts.VERDICTS)},
            {**FIVE_YEARS, "limit": 1_500, "verdict": "BLOCK", "ruleType": random.choice(audit_facts.RULES)},
            {**FIVE_YEARS, "limit": 100, "dataset": "cdr"},
            {"from": day.isoformat(), "to": (day + timedelta(days=90)).isoformat(), "limit": 1_000},
        ):
            await check_walk(audit, filled, tenantId=tenant, **body)


async def test_all_pages_of_a_relative_window_have_the_window_of_the_first(audit: Audit, filled: Filled) -> None:
    days = (datetime.now(UTC) - END).days + 300
    body = {"tenantId": audit_facts.TENANTS[0], "limit": 40}
    pages = await audit.walk(**body, last=f"{days}d")
    window = pages[0]["meta"]["window"]
    assert len(pages) > 2
    assert [page["meta"]["window"] for page in pages] == [window] * len(pages)
    start, end = (datetime.fromisoformat(window[name]) for name in ("from", "to"))
    assert end - start == timedelta(days=days)
    assert [row for page in pages for row in page["data"]] == filled.rows(**body, **window)
    assert {json.loads(row["request"])["from_"] for row in await audit.recorded()} == {start.isoformat()}


async def check_walk(audit: Audit, filled: Filled, **body: Any) -> None:
    pages = await audit.walk(**body)
    assert [row for page in pages for row in page["data"]] == filled.rows(**body)
    rows_before = 0
    for page in pages:
        assert (page["meta"]["rowsBefore"], page["meta"]["rowCap"]) == (rows_before, 1_000_000)
        assert not page["meta"]["truncated"]
        rows_before += len(page["data"])


async def test_every_access_is_recorded_before_its_answer(audit: Audit, filled: Filled) -> None:
    body = {"tenantId": "t-1", **FIVE_YEARS, "limit": 1_000, "verdict": "ALLOW"}
    pages = await audit.walk(**body)
    records = await audit.recorded()
    assert [page["meta"]["accessId"] for page in pages] == [row["access_id"] for row in records]
    assert [len(page["data"]) for page in pages] == [row["row_count"] for row in records]
    assert sum(row["row_count"] for row in records) == len(filled.rows(**body))
    assert [row["rows_before"] for row in records] == [page["meta"]["rowsBefore"] for page in pages]
    first = records[0]
    assert (first["caller"], first["tenant_id"], first["operation"]) == ("regulator-portal-service", "t-1", "query")
    assert json.loads(first["request"]) == {
        "tenant_id": "t-1",
        "from_": BEGIN.isoformat(),
        "to": END.isoformat(),
        "dataset": "compliance",
        "verdict": "ALLOW",
        "rule_type": None,
        "limit": 1_000,
        "after": None,
        "evidence": False,
        "log_size": None,
    }
    int(first["certificate_serial"], 16)
    assert len(first["certificate_sha256"]) == 64
    async with connected(audit.database) as connection:
        for change in ("update anlyt.audit_access_log set row_count = 0", "delete from anlyt.audit_access_log"):
            with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
                await connection.execute(change)


async def test_what_is_not_recorded_is_not_answered(audit: Audit) -> None:
    async with connected(audit.database) as connection:
        await connection.execute("alter table anlyt.audit_access_log rename to renamed_log")
        answer = await audit.refused(503, "DEPENDENCY_UNAVAILABLE", tenantId="t-1", **FIVE_YEARS)
        assert "data" not in answer
        await connection.execute("alter table anlyt.renamed_log rename to audit_access_log")
    await audit.ask(tenantId="t-1", **FIVE_YEARS)


async def test_the_row_cap_is_reported(audit: Audit, filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = filled.rows(tenantId="t-1", **FIVE_YEARS)
    monkeypatch.setattr(audits, "ROW_CAP", 70)
    first = await audit.ask(tenantId="t-1", **FIVE_YEARS, limit=40)
    last = await audit.ask(tenantId="t-1", **FIVE_YEARS, limit=40, after=first["page"]["endCursor"])
    assert first["data"] + last["data"] == rows[:70]
    assert (first["meta"]["truncated"], last["meta"]["truncated"]) == (False, True)
    assert last["page"] == {"endCursor": None, "hasNextPage": False}
    assert last["meta"]["rowCap"] == 70


async def test_cursors_belong_to_their_query(audit: Audit) -> None:
    body = {"tenantId": "t-1", **FIVE_YEARS, "limit": 5}
    cursor = (await audit.ask(**body))["page"]["endCursor"]
    await audit.ask(**{**body, "limit": 7}, after=cursor)
    others = [{"tenantId": "t-2"}, {"to": (END - timedelta(days=1)).isoformat()}, {"dataset": "cdr"}]
    others += [{"verdict": "BLOCK"}, {"ruleType": "URL"}]
    for other in others:
        problem = await audit.refused(400, "INVALID_QUERY", **{**body, **other}, after=cursor)
        assert [each["path"] for each in problem["problems"]] == ["$.after"]
    random = Random(1507)
    for _ in range(30):
        at = random.randrange(len(cursor))
        tampered = cursor[:at] + random.choice([char for char in "aZ0-_" if char != cursor[at]]) + cursor[at + 1 :]
        await audit.refused(400, "INVALID_QUERY", **body, after=tampered)
    for wrong in ("", cursor[:-1], f"{cursor}=", "☎", "0" * 16_385):
        await audit.refused(400, "INVALID_QUERY", **body, after=wrong)


WRONG: dict[str, tuple[Mapping[str, Any], list[str]]] = {
    "nothing": ({}, ["$.tenantId", "$.from", "$.to"]),
    "everything": (
        {
            "tenantId": "",
            "from": "yesterday",
            "to": 7,
            "dataset": "dlr",
            "verdict": "NO",
            "ruleType": [],
            "limit": 10_001,
            "after": 1,
            "tenant": "t-1",
        },
        ["$.tenant", "$.tenantId", "$.from", "$.to", "$.dataset", "$.verdict", "$.ruleType", "$.limit", "$.after"],
    ),
    "reversed": ({"tenantId": "t", "from": END.isoformat(), "to": END.isoformat()}, ["$.to"]),
    "too long": ({"tenantId": "t", "from": "2020-01-01T00:00:00Z", "to": "2025-01-03T00:00:00Z"}, ["$.to"]),
    "no offset": ({"tenantId": "t", "from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00Z"}, ["$.from"]),
    "rules of records": (
        {"tenantId": "t", **FIVE_YEARS, "dataset": "cdr", "verdict": "ALLOW", "ruleType": "URL"},
        ["$.verdict", "$.ruleType"],
    ),
    "no character": ({"tenantId": "t", **FIVE_YEARS, "ruleType": "\0"}, ["$.ruleType"]),
    "every tenant": ({"tenantId": "*", **FIVE_YEARS}, ["$.tenantId"]),
    "several tenants": ({"tenantId": ["t-1", "t-2"], **FIVE_YEARS}, ["$.tenantId"]),
}


async def test_every_problem_is_named(audit: Audit) -> None:
    for body, paths in WRONG.values():
        problem = await audit.refused(400, "INVALID_QUERY", **body)
        assert [each["path"] for each in problem["problems"]] == paths
    for content in (b"", b"[]", b'{"tenantId": "a", "tenantId": "b"}', b"\xff"):
        response = await audit.client.post(QUERY, content=content, headers={"Content-Type": "application/json"})
        check_problem(response, 400, "INVALID_QUERY")
    check_problem(await audit.client.post(QUERY, content=b"{}"), 415, "UNSUPPORTED_MEDIA_TYPE")
    check_problem(await audit.client.post(f"{QUERY}?tenantId=t-1", json={}), 400, "INVALID_QUERY")
    assert await audit.recorded() == []


async def test_texts_are_bound(audit: Audit) -> None:
    """No text of a request becomes SQL."""
    for text in ("' or 1=1 --", "\\' or 1=1 --", "{p1:String}", "URL') or ('1'='1", "%", "\x01", "☎"):
        answer = await audit.ask(tenantId="t-1", **FIVE_YEARS, ruleType=text)
        assert answer["data"] == []


async def test_an_unknown_tenant_differs_from_one_without_violations(audit: Audit) -> None:
    for dataset in ("compliance", "cdr"):
        nobody = await audit.ask(tenantId="nobody", dataset=dataset, **FIVE_YEARS)
        assert (nobody["data"], nobody["meta"]["tenantKnown"]) == ([], False)
        quiet = await audit.ask(
            tenantId="t-1", dataset=dataset, **{"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}
        )
        assert (quiet["data"], quiet["meta"]["tenantKnown"]) == ([], True)
    assert (await audit.ask(tenantId="t-1", **FIVE_YEARS))["meta"]["tenantKnown"] is True


async def test_engines_that_hang(
    audit: Audit, clickhouse: Engine, postgres: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # restores the real deadlines
    for engine in (clickhouse, postgres):
        assert (await audit.ask(tenantId="t-1", **FIVE_YEARS))["data"]
        with frozen(engine):
            async with asyncio.timeout(60):
                problem = await audit.refused(503, "DEPENDENCY_UNAVAILABLE", tenantId="t-1", **FIVE_YEARS)
        assert ("ClickHouse" if engine is clickhouse else "PostgreSQL") in problem["detail"]
    async with asyncio.timeout(60):
        while (await audit.client.post(QUERY, json={"tenantId": "t-1", **FIVE_YEARS})).status_code != 200:
            await asyncio.sleep(0.05)
