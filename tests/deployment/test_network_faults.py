"""All traffic to the engines passes through a real Envoy that cuts connections, delays and refuses: all stays exact."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import ASGIApp

from functions import FUNCTIONS
from graph.app import create_app
from graph.http.server import serving
from infra.embedded.engine import Engine
from infra.embedded.ports import free_ports
from infra.settings import read_settings
from schema.streams import BILLING_EVENTS, CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR, Stream
from tests.support import events, fact_events
from tests.support.api import ADMIN
from tests.support.chaos import flood, make_short_ack_consumers
from tests.support.envoy import Runtime, cluster, envoy, faults, http_listener, tcp_listener
from tests.support.fact_reference import expect as expect_facts
from tests.support.fixtures import database as database
from tests.support.fixtures import server as server
from tests.support.fixtures import template as template
from tests.support.fixtures import warehouse as warehouse
from tests.support.platform import Platform, open_platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.warehouse import fact_differences

pytestmark = pytest.mark.anyio

NOW: Final = datetime.now(UTC)
EVENTS: Final = 1_500  # per stream, without copies
SECONDS: Final = 4.0
CUT_AFTER: Final = "2.5s"  # the longest life of a connection to NATS and PostgreSQL


@dataclass(frozen=True)
class Mesh:
    """The platform as its workers reach it, and the Envoy in between."""

    platform: Platform
    runtime: Runtime


@asynccontextmanager
async def through_envoy(folder: Path, *dsns: str) -> AsyncIterator[Mesh]:
    """Proxies in front of NATS, PostgreSQL and ClickHouse, whose DSNs these are in this order."""
    ports = free_ports(3)
    names = ("nats", "postgres", "clickhouse")
    cut = {"max_downstream_connection_duration": CUT_AFTER}
    listeners = [
        *[tcp_listener(port, name, **cut) for port, name in zip(ports[:2], names, strict=False)],
        http_listener(ports[2], "clickhouse", [faults()]),
    ]
    clusters = [cluster(name, urlsplit(dsn).port or 0) for name, dsn in zip(names, dsns, strict=True)]
    proxied = [dsn.replace(f":{urlsplit(dsn).port}", f":{port}") for dsn, port in zip(dsns, ports, strict=True)]
    async with envoy(folder, listeners, clusters) as runtime, open_platform(*proxied) as platform:
        yield Mesh(platform, runtime)


def sent_messages(random: Random) -> dict[Stream, list[Message]]:
    makers = {
        BILLING_EVENTS: events.billing,
        SMS_DLR: fact_events.report,
        CDR_EVENTS: fact_events.record,
        COMPLIANCE_AUDIT: fact_events.evaluation,
    }
    return {stream: events.messages(random, make, NOW, EVENTS) for stream, make in makers.items()}


async def trouble(runtime: Runtime) -> None:
    """A third of ClickHouse's answers is refused and a fifth delayed; then all is refused; then all is well."""
    await runtime.set(abort_percent=33, fixed_delay_percent=20, fixed_duration_ms=700)
    await asyncio.sleep(SECONDS / 2)
    await runtime.set(abort_percent=100)
    await asyncio.sleep(SECONDS / 4)
    await runtime.set(**RUNNING)


async def test_ingest(server: Engine, database: str, warehouse: str, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    sent = sent_messages(random)
    functions = [with_batch(function, 300) for function in FUNCTIONS]
    async with open_platform(server.url, database, warehouse) as direct:
        await make_short_ack_consumers(direct, functions)
        async with (
            through_envoy(tmp_path, server.url, database, warehouse) as mesh,
            mesh.platform.running_workers(*functions),
        ):
            await asyncio.gather(
                *[flood(direct, stream, messages, SECONDS) for stream, messages in sent.items()],
                trouble(mesh.runtime),
            )
        # On a busy machine, a batch may take longer than a connection lives. Workers without the proxy do the rest.
        async with direct.running_workers(*functions):
            await direct.wait_until_drained(*functions)
        billing, *facts = sent.values()
        assert await differences(database, expect(billing, facts[0], NOW)) == []
        assert await fact_differences(warehouse, expect_facts(*facts, arrived=NOW)) == []
        assert await direct.dead_letters() == []


QUERY: Final = {
    "dataset": "dlr",
    "measures": ["messages"],
    "time": {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"},
}
RUNNING: Final[Mapping[str, int]] = {"abort_percent": 0, "fixed_delay_percent": 0}
FAULTS: Final[Mapping[str, Mapping[str, int]]] = {
    "refused": {"abort_percent": 100},
    "silent": {"fixed_delay_percent": 100, "fixed_duration_ms": 60_000},
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_queries(server: Engine, database: str, warehouse: str, tmp_path: Path, fault: str) -> None:
    """A ClickHouse that refuses or delays everything is away: 503 with its name. Queries work again with it."""
    async with (
        through_envoy(tmp_path, server.url, database, warehouse) as mesh,
        serving(_app(mesh.platform), "127.0.0.1", 0) as url,
        httpx.AsyncClient(base_url=url, timeout=60) as client,
    ):

        async def query() -> httpx.Response:
            return await client.post("/v1/anlyt/query", json=QUERY, headers=ADMIN)

        answer = await query()
        assert answer.status_code == 200, answer.text
        await mesh.runtime.set(**FAULTS[fault])
        refused = await query()
        assert (refused.status_code, refused.json()["detail"]) == (
            503,
            "ClickHouse does not answer; try again in a few seconds.",
        )
        assert int(refused.headers["Retry-After"]) > 0
        await mesh.runtime.set(**RUNNING)
        assert (await query()).json()["data"] == answer.json()["data"]


def _app(platform: Platform) -> ASGIApp:
    settings = read_settings({})
    return create_app(settings, platform.pool, {}, clickhouse=platform.clickhouse, development=False)
