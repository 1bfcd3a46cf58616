"""The API with exports of queries over real engines, and its callers."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from commands import api
from graph.exports.runner import Pace
from infra.embedded.engine import Engine
from infra.embedded.s3 import s3_server
from infra.endpoints import Engines
from infra.s3 import from_dsn, open_store
from infra.settings import read_settings
from tests.graph.support.queries import BY_MNO, RECORDS, REPORTS, Json, fill
from tests.support.database import connected, fresh_database
from tests.support.export_client import ExportClient

PATH, QUERY = "/v1/anlyt/exports", "/v1/anlyt/query"
PACE = Pace(lease=1, renewal=0.2, idle=0.05, retry=0.2, rows_per_file=150)
ROWS_PER_PAGE = 400
BY_MINUTE: Json = {**BY_MNO, "time": {**BY_MNO["time"], "granularity": "minute", "timezone": "Asia/Kabul"}}


@dataclass(frozen=True, slots=True)
class Service:
    """The API with exports over a database of its own."""

    url: str
    engines: Engines
    opened: AsyncExitStack

    async def client(self, caller: Mapping[str, str]) -> ExportClient:
        client = httpx.AsyncClient(base_url=self.url, headers=dict(caller), timeout=30)
        plain = httpx.AsyncClient(timeout=30)
        for each in (client, plain):
            await self.opened.enter_async_context(each)
        return ExportClient(client, plain, PATH, "/v1/anlyt/keys")


@pytest.fixture(scope="module")
async def s3(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    async with s3_server(tmp_path_factory.mktemp("s3")) as engine:
        yield engine


@pytest.fixture(scope="module")
async def engines(template: Engine, clickhouse: Engine, s3: Engine) -> AsyncIterator[Engines]:
    """Filled stores; S3 and a database of the module."""
    await fill(clickhouse.dsn, facts_dlr=REPORTS, facts_cdr=RECORDS)
    async with fresh_database(template) as dsn:
        yield Engines("nats://127.0.0.1:1", dsn, clickhouse.dsn, from_dsn(s3.dsn))


@pytest.fixture(scope="module")
async def service(engines: Engines) -> AsyncIterator[Service]:
    async with serving(engines, PACE) as opened:
        yield opened


@asynccontextmanager
async def serving(engines: Engines, pace: Pace, **settings: str) -> AsyncIterator[Service]:
    environment = {"ANLYT_API_PORT": "0", **settings}
    async with (
        AsyncExitStack() as opened,
        api.running(read_settings(environment), engines, development=False, pace=pace) as url,
    ):
        yield Service(url, engines, opened)


def unlimited(query: Json) -> Json:
    return {name: value for name, value in query.items() if name != "limit"}


def joined(contents: Sequence[bytes]) -> bytes:
    """One CSV of several, which all begin with the same header line."""
    header = contents[0].partition(b"\r\n")[0] + b"\r\n"
    assert all(each.startswith(header) for each in contents)
    return header + b"".join(each.removeprefix(header) for each in contents)


async def pages(client: ExportClient, query: Json, accept: str) -> Sequence[bytes]:
    """The pages of a query, up to its limit."""
    parts, after, left = list[bytes](), None, query.get("limit", 10**6)
    while True:
        body = {**query, "limit": min(left, ROWS_PER_PAGE), "after": after}
        response = await client.client.post(QUERY, json=body, headers={"Accept": accept})
        assert response.status_code == 200, response.text
        parts.append(response.content)
        left -= ROWS_PER_PAGE
        after = json.loads(response.headers["x-anlyt-page"])["endCursor"]
        if after is None or left <= 0:
            return parts


async def until_purged(engines: Engines, id_: str) -> None:
    async with asyncio.timeout(60), connected(engines.postgres) as connection:
        purged = "select purged_at is not null from anlyt.query_exports where export_id = $1"
        while not await connection.fetchval(purged, id_):
            await asyncio.sleep(0.05)
    assert await objects(engines, id_) == set()


async def objects(engines: Engines, id_: str) -> set[str]:
    assert engines.s3 is not None
    found = open_store(engines.s3).list(f"query-exports/{id_}/")
    return {meta["path"].rpartition("/")[2] async for some in found for meta in some}
