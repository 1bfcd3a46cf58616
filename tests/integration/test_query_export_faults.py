"""Exports of queries when processes are killed, engines are away, or figures change: whole files or none."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest

from commands.support.query_exports import KEYS
from graph.access import PlatformScope
from graph.access.budget import Budget
from graph.access.pseudonyms import Pseudonyms
from graph.dsl.extracts import ChangedWhileReadError, Extracts
from graph.exports.jobs import Row
from graph.exports.keys import ManifestKey
from graph.exports.objects import Digest, Objects
from graph.rest.exports.jobs import QueryJobs
from graph.rest.exports.request import parse
from graph.rest.exports.writer import Writer
from infra.clickhouse import connect, open_clickhouse
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from infra.postgres import open_pool
from infra.s3 import open_store
from infra.settings import read_settings
from tests.graph.support.queries import BY_CODE, MONEY, REPORTS, put
from tests.support.api import ADMIN
from tests.support.chaos import frozen
from tests.support.database import fresh_database
from tests.support.export_processes import ExportProcesses
from tests.support.query_exports import (
    BY_MINUTE,
    PACE,
    Service,
    engines,
    joined,
    objects,
    pages,
    s3,
    service,
    serving,
    unlimited,
)

__all__ = ["engines", "s3", "service"]

pytestmark = pytest.mark.anyio


class KilledError(BaseException):
    """Stands for the end of a process: nothing of ours may handle it."""


class Fuse:
    """Ends a worker before its next step when `left` steps are done."""

    def __init__(self, left: int) -> None:
        self.left = left

    def burn(self) -> None:
        if not self.left:
            raise KilledError
        self.left -= 1


class MortalJobs(QueryJobs):
    fuse = Fuse(10**6)

    async def fetch(self, sql: str, *values: object) -> Sequence[Row]:
        self.fuse.burn()
        return await super().fetch(sql, *values)


class MortalObjects(Objects):
    fuse = Fuse(10**6)

    async def put(self, name: str, content: bytes) -> None:
        self.fuse.burn()
        await super().put(name, content)

    async def digest(self, name: str) -> Digest:
        self.fuse.burn()
        return await super().digest(name)

    async def delete_all(self, export: str) -> None:
        self.fuse.burn()
        await super().delete_all(export)


async def test_a_worker_may_end_at_each_step(engines: Engines, template: Engine) -> None:
    """Each attempt ends one step later than the one before. No manifest is ever there without all of its files."""
    assert engines.s3 is not None
    store, settings = open_store(engines.s3), read_settings({})
    async with fresh_database(template) as dsn:
        own = replace(engines, postgres=dsn)
        async with (
            serving(own, PACE, ANLYT_EXPORT_WRITER="0") as idle,
            open_pool(dsn, size=2) as pool,
            open_clickhouse(engines.clickhouse, statement_timeout=60) as clickhouse,
        ):
            client = await idle.client(ADMIN)
            id_ = await client.ask(format="csv", **MONEY)
            extracts = Extracts(clickhouse, Pseudonyms(pool), Budget(8, 10**12), tuple)
            for steps in count():
                jobs, files = MortalJobs(pool, timedelta()), MortalObjects(engines.s3, "query-exports")
                jobs.fuse = files.fuse = Fuse(steps)
                job = await jobs.claim(1)
                assert job is not None
                assert job.interruptions == steps
                try:
                    await Writer(settings, jobs, extracts, files, ManifestKey(pool, None, KEYS), 2).write(job)
                    break
                except KilledError:
                    there = await objects(own, id_)
                    if "manifest.json" in there:
                        content = await (await store.get_async(f"query-exports/{id_}/manifest.json")).bytes_async()
                        assert {file["name"] for file in json.loads(bytes(content))["files"]} <= there
                    assert (await client.follow(id_))["status"] == "running"
            assert steps > 15
            assert len((await client.follow(id_))["files"]) > 1
            assert joined((await client.files(id_)).contents) == joined(await pages(client, MONEY, "text/csv"))
            names = {file["name"] for file in (await client.follow(id_))["files"]}
            assert await objects(own, id_) == {*names, "manifest.json", "manifest.json.sig"}


async def test_rows_are_of_one_instant(engines: Engines) -> None:
    """Facts that arrive while rows are read are not among them; totals that no longer agree are noticed."""
    now = datetime(2026, 10, 5, tzinfo=UTC)
    question: dict[str, Any] = {
        "format": "csv",
        "dataset": "dlr",
        "measures": ["messages"],
        "time": {"from": "2026-10-07T00:00:00Z", "to": "2026-10-07T01:00:01Z"},
        "filter": {"field": "accountId", "op": "eq", "value": "acc-late"},
    }
    facts = [
        {**REPORTS[0], "event_key": 10**8 + number, "account_id": "acc-late", "event_time": now + timedelta(days=2)}
        for number in range(3)
    ]
    async with AsyncExitStack() as opened:
        pool = await opened.enter_async_context(open_pool(engines.postgres, size=2))
        clickhouse = await opened.enter_async_context(open_clickhouse(engines.clickhouse, statement_timeout=60))
        warehouse = await opened.enter_async_context(connect(engines.clickhouse))
        extracts = Extracts(clickhouse, Pseudonyms(pool), Budget(8, 10**12), tuple)
        await put(warehouse, "facts_dlr", facts[:1])
        for totals, fact in ((False, facts[1]), (True, facts[2])):
            query = parse(json.dumps({**question, "totals": totals}).encode(), now).query
            values, is_changed = list[Any](), False
            async with extracts.read(PlatformScope("x"), query) as extract:
                await put(warehouse, "facts_dlr", [fact])
                try:
                    async for [column] in extract.blocks:
                        values += column.values
                except ChangedWhileReadError:
                    is_changed = True
            assert (values, is_changed) == ([2 if totals else 1], totals)


async def test_unreachable_engines(service: Service, s3: Engine, postgres: Engine) -> None:
    """An export waits for an unreachable engine, says why, and is then written whole."""
    client = await service.client(ADMIN)
    whole = (await client.files(await client.ask(format="csv", **BY_CODE))).contents
    await s3.stop("immediate")
    id_ = await client.ask(format="csv", **BY_CODE)
    export = await client.until(id_, lambda export: export["reason"] is not None)
    assert (export["status"] in {"queued", "running"}, export["reason"]) == (True, "S3 does not answer.")
    await s3.start()
    assert (await client.files(id_)).contents == whole
    assert (await client.follow(id_))["reason"] is None
    id_ = await client.ask(format="csv", **BY_CODE)
    await client.until(id_, lambda export: export["status"] != "queued")
    with frozen(postgres):
        await asyncio.sleep(PACE.lease + 0.5)
    assert (await client.files(id_)).contents == whole


async def test_kills_change_nothing(engines: Engines, template: Engine) -> None:
    """Processes are killed at random points. Every export ends with whole files, and the manifest is written last."""
    random, queries = Random(31), (unlimited(BY_CODE), MONEY, minutes := unlimited(BY_MINUTE))
    print("seed 31")
    async with fresh_database(template) as dsn:
        own = replace(engines, postgres=dsn)
        async with serving(own, PACE, ANLYT_EXPORT_WRITER="0") as idle:
            client = await idle.client(ADMIN)
            pair = ExportProcesses(None, own, PACE)
            ids = [await client.ask(format="csv", **query) for query in queries]
            try:
                pair.start()
                for _ in range(2):
                    ids.append(await client.ask(format="csv", **minutes))
                    await client.until(ids[-1], lambda export: export["status"] != "queued")
                    await asyncio.sleep(random.uniform(0, 0.3))
                    await pair.kill_one(random)
                    for id_ in ids:
                        there = await objects(own, id_)
                        export = await client.follow(id_)
                        if "manifest.json" in there and export["status"] == "done":
                            assert {file["name"] for file in export["files"]} <= there
                texts = {id(query): joined(await pages(client, query, "text/csv")) for query in queries}
                for id_, query in zip(ids, [*queries, *[minutes] * 2], strict=True):
                    assert joined((await client.files(id_)).contents) == texts[id(query)]
            finally:
                await pair.kill()
