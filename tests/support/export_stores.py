"""Stores with random facts, and an audit API over them that exports."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
from obstore.store import S3Store

from graph.exports.runner import Pace
from infra.clickhouse import connect
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.embedded.s3 import make_bucket, s3_server
from infra.endpoints import Engines
from infra.s3 import S3, from_dsn, open_store
from tests.support import audit_facts
from tests.support.audit_facts import Fact
from tests.support.database import connected
from tests.support.export_portal import Portal
from tests.support.regulator import Certificates, audit_listener
from tests.support.warehouse import empty_clickhouse

COUNT = 3_000


@dataclass(frozen=True, slots=True)
class FilledStores:
    """A ClickHouse with an S3, and the facts in it."""

    clickhouse: Engine
    s3: Engine
    bucket: S3
    facts: Mapping[str, Sequence[Fact]]

    def rows(self, **body: Any) -> Sequence[Fact]:
        dataset = body.get("dataset", "compliance")
        return audit_facts.expected(dataset, self.facts[dataset], body)

    @property
    def store(self) -> S3Store:
        return open_store(self.bucket)


@asynccontextmanager
async def fill_stores(folder: Path, *, has_lock: bool = False) -> AsyncIterator[FilledStores]:
    """Yields a ClickHouse with random facts, and an S3. `has_lock`: the bucket has object lock."""
    random = Random(2901)
    print("seed 2901")
    facts: Mapping[str, Sequence[Fact]] = {
        "compliance": [audit_facts.evaluation(random, at) for at in audit_facts.moments(random, COUNT)],
        "cdr": [
            {**audit_facts.record(random, at), "currency": random.choice(["AFN", "USD"])}
            for at in audit_facts.moments(random, COUNT // 4)
        ],
    }
    async with s3_server(folder / "s3") as s3:
        bucket = from_dsn(s3.dsn)
        if has_lock:
            bucket = replace(bucket, bucket="locked")
            await make_bucket(bucket, bucket.bucket, has_lock=True)
        async with clickhouse_server(folder / "clickhouse", s3=bucket) as clickhouse:
            await empty_clickhouse(clickhouse.dsn)
            async with connect(clickhouse.dsn) as client:
                for dataset, some in facts.items():
                    await audit_facts.write(client, dataset, some)
            yield FilledStores(clickhouse, s3, bucket, facts)


@asynccontextmanager
async def export_portal(
    database: str, filled: FilledStores, certificates: Certificates, pace: Pace, *, is_locked: bool = False
) -> AsyncIterator[Portal]:
    async with (
        audit_listener(certificates.files, engines(database, filled), pace, ANLYT_EXPORT_LOCK=f"{is_locked:d}") as url,
        httpx.AsyncClient(base_url=url, verify=certificates.regulator(), timeout=30) as client,
        httpx.AsyncClient(timeout=30) as plain,
    ):
        yield Portal(client, plain)


def engines(database: str, filled: FilledStores) -> Engines:
    return Engines("nats://127.0.0.1:1", database, filled.clickhouse.dsn, filled.bucket)


async def objects(filled: FilledStores, id_: str) -> Sequence[str]:
    return [meta["path"] async for some in filled.store.list(f"exports/{id_}/") for meta in some]


async def running(database: str) -> int:
    """The number of running exports, including those whose process died."""
    async with connected(database) as connection:
        count: int = await connection.fetchval("select count(*) from anlyt.audit_exports where state = 'running'")
    return count


async def until_running(database: str) -> None:
    async with asyncio.timeout(60):
        while not await running(database):
            await asyncio.sleep(0.02)
