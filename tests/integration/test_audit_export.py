"""US-ANLYT-15: exports are exact Parquet files in S3, even if processes are killed or engines are unreachable."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from graph.audit.exports import exports
from graph.exports.runner import Pace
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from tests.graph.support.problems import check_problem
from tests.support.audit_facts import BEGIN, END
from tests.support.chaos import frozen
from tests.support.database import connected
from tests.support.export_portal import PATH, Portal
from tests.support.export_processes import ExportProcesses
from tests.support.export_stores import (
    FilledStores,
    engines,
    export_portal,
    fill_stores,
    objects,
    running,
    until_running,
)
from tests.support.regulator import Certificates, audit_listener, make_certificates

pytestmark = pytest.mark.anyio

FIVE_YEARS = {"from": BEGIN.isoformat(), "to": END.isoformat()}
PACE = Pace(lease=1, renewal=0.2, idle=0.05, retry=0.2, rows_per_file=150)
IDLE = replace(PACE, idle=3_600)  # looks for work only once, before there is any


@pytest.fixture(scope="module")
async def filled(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FilledStores]:
    async with fill_stores(tmp_path_factory.mktemp("exports")) as stores:
        yield stores


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


@pytest.fixture
async def portal(database: str, filled: FilledStores, certificates: Certificates) -> AsyncIterator[Portal]:
    async with export_portal(database, filled, certificates, PACE) as export_client:
        yield export_client


REQUESTS: Sequence[Mapping[str, Any]] = (
    {"tenantId": "t-1", **FIVE_YEARS},
    {"tenantId": "t-2", **FIVE_YEARS, "verdict": "BLOCK", "ruleType": "URL"},
    {"tenantId": "t:3", **FIVE_YEARS, "dataset": "cdr"},
    {"tenantId": "nobody", **FIVE_YEARS},
    {"tenantId": "t-1", "from": "2023-01-01T00:30:00.000001+04:30", "to": "2025-06-01T00:00:00Z", "dataset": "cdr"},
)


async def test_files_are_exact(portal: Portal, filled: FilledStores, database: str) -> None:
    ids = [await portal.ask(**body) for body in REQUESTS]
    for id_, body in zip(ids, REQUESTS, strict=True):
        assert await portal.rows(id_) == filled.rows(**body)
        export = await portal.follow(id_)
        names = [file["name"] for file in export["files"]]
        assert all(file["rows"] <= 150 or is_hour(file) for file in export["files"])
        expected = {f"exports/{id_}/{name}" for name in [*names, "manifest.json", "manifest.json.sig"]}
        assert set(await objects(filled, id_)) == expected
    assert len((await portal.follow(ids[0]))["files"]) > 2
    async with connected(database) as connection:
        recorded = await connection.fetch("select * from anlyt.audit_access_log order by access_id")
    assert [(row["operation"], row["tenant_id"]) for row in recorded[: len(ids)]] == [
        ("export", body["tenantId"]) for body in REQUESTS
    ]
    given = {row["operation"] for row in recorded[len(ids) :]}
    assert given == {"exportFiles"}
    for engine in (filled.clickhouse, filled.s3):
        assert filled.bucket.secret_key not in engine.log.read_text()
    assert (filled.clickhouse.folder / "config.xml").stat().st_mode & 0o777 == 0o600


def is_hour(file: Mapping[str, Any]) -> bool:
    """Whether the rows of a file are of one hour, which is never split."""
    same_hour: bool = file["firstAt"][:13] == file["lastAt"][:13]
    return same_hour


async def test_links_end_and_need_their_signature(portal: Portal) -> None:
    export = await portal.ended(await portal.ask(**REQUESTS[1]))
    url = export["files"][0]["url"]
    assert "X-Amz-Expires=600" in url
    left = datetime.fromisoformat(export["linksExpireAt"]) - datetime.fromisoformat(export["finishedAt"])
    assert timedelta(minutes=9) < left < timedelta(minutes=12)
    assert (await portal.plain.get(url.partition("?")[0])).status_code == 403
    for name in ("url", "signatureUrl"):
        assert (await portal.fetch(export["manifest"][name])) != b""


async def test_kills_change_nothing(database: str, filled: FilledStores, certificates: Certificates) -> None:
    """Processes are killed at random points. Every export ends with exact files, and the manifest is written last."""
    print("seed 2911")
    random = Random(2911)
    pair = ExportProcesses(certificates.files, engines(database, filled), PACE)
    async with export_portal(database, filled, certificates, IDLE) as portal:
        ids = [await portal.ask(**body) for body in REQUESTS]
        try:
            pair.start()
            left_behind = 0
            for _ in range(3):
                ids.append(await portal.ask(**REQUESTS[0]))  # so that there is always a running export
                await until_running(database)
                await asyncio.sleep(random.uniform(0, 0.3))
                await pair.kill_one(random)
                left_behind += await running(database)
                await check_no_half(portal, filled, ids)
            assert left_behind
            for id_, body in zip(ids, [*REQUESTS, *[REQUESTS[0]] * 3], strict=True):
                assert await portal.rows(id_) == filled.rows(**body)
        finally:
            await pair.kill()
    async with connected(database) as connection:
        assert await connection.fetchval("select count(*) from anlyt.audit_exports where claim is not null") == 0


async def check_no_half(portal: Portal, filled: FilledStores, ids: Sequence[str]) -> None:
    """Checks that exports with the status done have all their objects."""
    for id_ in ids:
        export = await portal.follow(id_)
        if export["status"] == "done":
            there = await objects(filled, id_)
            names = [*(file["name"] for file in export["files"]), "manifest.json", "manifest.json.sig"]
            assert {f"exports/{id_}/{name}" for name in names} <= set(there)


async def test_cancel(portal: Portal, filled: FilledStores, database: str) -> None:
    """An export can be cancelled while it waits, while it is written, and when it is done."""
    random = Random(2921)
    for written in (0, 1, 100):
        id_ = await portal.ask(**REQUESTS[0])
        await portal.until(
            id_, lambda export, written=written: export["filesWritten"] >= written or export["status"] == "done"
        )
        await asyncio.sleep(random.uniform(0, 0.05))
        response = await portal.client.delete(f"{PATH}/{id_}")
        assert (response.status_code, response.json()["status"]) == (200, "cancelled")
        async with asyncio.timeout(60):
            while not await purged(database, id_):
                await asyncio.sleep(0.05)
            while await objects(filled, id_):
                await let_15_minutes_pass(database, id_)
                await asyncio.sleep(0.05)
        export = await portal.follow(id_)
        assert (export["status"], export["finishedAt"] is not None, "files" in export) == ("cancelled", True, False)
        assert (await portal.client.delete(f"{PATH}/{id_}")).json()["status"] == "cancelled"
    for unknown in ("00000000-0000-4000-8000-000000000000", "☎", "1"):
        for method in ("GET", "DELETE"):
            check_problem(await portal.client.request(method, f"{PATH}/{unknown}"), 404, "NOT_FOUND")


async def purged(database: str, id_: str) -> bool:
    async with connected(database) as connection:
        statement = "select purged_at is not null from anlyt.audit_exports where export_id = $1"
        return bool(await connection.fetchval(statement, id_))


async def let_15_minutes_pass(database: str, id_: str) -> None:
    """Lets 15 minutes pass for an export. Then its files are deleted again: the engine may have written one late."""
    async with connected(database) as connection:
        later = (
            "update anlyt.audit_exports set finished_at = clock_timestamp() - interval '15 min' where export_id = $1"
        )
        await connection.execute(later, id_)


async def test_exports_expire(portal: Portal, filled: FilledStores, database: str) -> None:
    kept, expired = await portal.ask(**REQUESTS[1]), await portal.ask(**REQUESTS[2])
    for id_ in (kept, expired):
        export = await portal.ended(id_)
        days = datetime.fromisoformat(export["expiresAt"]) - datetime.fromisoformat(export["finishedAt"])
        assert days == timedelta(days=30)
    async with connected(database) as connection:
        await connection.execute(
            "update anlyt.audit_exports set expires_at = clock_timestamp() where export_id = $1", expired
        )
    export = await portal.until(expired, lambda export: export["status"] == "expired")
    assert "files" not in export
    async with asyncio.timeout(60):
        while await objects(filled, expired):
            await asyncio.sleep(0.05)
    assert await portal.rows(kept) == filled.rows(**REQUESTS[1])


async def test_unreachable_engines(portal: Portal, filled: FilledStores, postgres: Engine) -> None:
    """An export waits for an unreachable engine, reports why, and continues; also after its lease has expired."""
    id_ = await portal.ask(**REQUESTS[0])
    await portal.until(id_, lambda export: export["filesWritten"] > 0)
    with frozen(postgres):
        await asyncio.sleep(PACE.lease + 0.5)
    assert await portal.rows(id_) == filled.rows(**REQUESTS[0])
    for engine, sentence in ((filled.s3, "S3 does not answer"), (filled.clickhouse, "ClickHouse does not answer")):
        await engine.stop("immediate")
        id_ = await portal.ask(**REQUESTS[2])
        export = await portal.until(id_, lambda export: export["reason"] is not None)
        assert export["status"] in {"queued", "running"}
        assert sentence in export["reason"]
        await engine.start()
        assert await portal.rows(id_) == filled.rows(**REQUESTS[2])
        assert (await portal.follow(id_))["reason"] is None


async def test_lists(portal: Portal, database: str) -> None:
    ids = [await portal.ask(**REQUESTS[3]) for _ in range(5)]
    pages = [(await portal.client.get(PATH, params={"limit": 2})).json()]
    later = await portal.ask(**REQUESTS[3])
    while pages[-1]["page"]["hasNextPage"]:
        query = {"limit": 2, "after": pages[-1]["page"]["endCursor"]}
        pages.append((await portal.client.get(PATH, params=query)).json())
    assert [export["id"] for page in pages for export in page["data"]] == ids[::-1]
    assert (await portal.client.get(PATH)).json()["data"][0]["id"] == later
    assert not any("files" in export for page in pages for export in page["data"])
    cursor = pages[0]["page"]["endCursor"]
    for wrong in (cursor[:-2], "x", cursor.swapcase()):
        check_problem(await portal.client.get(PATH, params={"after": wrong}), 400, "INVALID_QUERY")
    for query in ({"limit": 0}, {"limit": 101}, {"page": 1}):
        check_problem(await portal.client.get(PATH, params=query), 400, "INVALID_QUERY")
    async with connected(database) as connection:
        await connection.execute("update anlyt.audit_exports set caller = 'another' where export_id = $1", ids[0])
        before = await connection.fetchrow("select * from anlyt.audit_exports where export_id = $1", ids[0])
        for method in ("GET", "DELETE"):
            check_problem(await portal.client.request(method, f"{PATH}/{ids[0]}"), 404, "NOT_FOUND")
        assert await connection.fetchrow("select * from anlyt.audit_exports where export_id = $1", ids[0]) == before
    assert ids[0] not in [export["id"] for export in (await portal.client.get(PATH)).json()["data"]]


async def test_refused_requests(
    database: str, filled: FilledStores, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    five = {"from": "2020-01-01T00:00:00Z", "to": "2025-01-03T00:00:00Z"}
    wrong: Sequence[tuple[Mapping[str, Any], Sequence[str]]] = (
        ({}, ["$.tenantId", "$.from", "$.to"]),
        ({"tenantId": "*", **five}, ["$.tenantId", "$.to"]),
        ({"tenantId": "t", **FIVE_YEARS, "limit": 1, "after": "x"}, ["$.limit", "$.after"]),
        ({"tenantId": "t", **FIVE_YEARS, "dataset": "cdr", "verdict": "ALLOW"}, ["$.verdict"]),
        ({"tenantId": "t", **FIVE_YEARS, "dataset": "dlr", "verdict": "NO"}, ["$.dataset", "$.verdict"]),
    )
    async with export_portal(database, filled, certificates, IDLE) as portal:
        for body, paths in wrong:
            problem = await portal.refused(400, "INVALID_QUERY", **body)
            assert sorted(each["path"] for each in problem["problems"]) == sorted(paths)
        check_problem(await portal.client.put(PATH, json={}), 405, "METHOD_NOT_ALLOWED")
        async with connected(database) as connection:
            assert await connection.fetchval("select count(*) from anlyt.audit_access_log") == 0
        monkeypatch.setattr(exports, "MAX_UNFINISHED", 3)
        for _ in range(3):
            await portal.ask(**REQUESTS[3])
        await portal.refused(429, "RATE_LIMITED", **REQUESTS[3])
        async with connected(database) as connection:
            assert await connection.fetchval("select count(*) from anlyt.audit_access_log") == 3
    without = Engines("nats://127.0.0.1:1", database, filled.clickhouse.dsn)
    async with (
        audit_listener(certificates.files, without) as url,
        httpx.AsyncClient(base_url=url, verify=certificates.regulator()) as client,
    ):
        answer = check_problem(await client.post(PATH, json=dict(REQUESTS[3])), 503, "DEPENDENCY_UNAVAILABLE")
        assert "ANLYT_S3_ENDPOINT" in answer
