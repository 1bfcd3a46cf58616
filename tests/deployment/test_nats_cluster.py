"""NATS with three servers and streams of three copies, under load: servers are killed, frozen, restarted, slow, full.

Prints the seconds from each fault until ingest goes on. docs/operations.md has those of a long run.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

import pytest
from nats.errors import Error as NatsError

from functions import FUNCTIONS
from infra.consumers import check_streams
from infra.embedded.engine import Engine
from schema.streams import STREAMS
from tests.support.chaos import frozen, make_short_ack_consumers
from tests.support.fixtures import database as database
from tests.support.fixtures import template as template
from tests.support.fixtures import warehouse as warehouse
from tests.support.gaps import Gaps, watched_workers
from tests.support.nats_cluster import Cluster, leader, nats_cluster, patiently
from tests.support.platform import Platform, open_platform, with_batch
from tests.support.slow_disk import slow_disk
from tests.support.traffic import MAKERS, Sent, producing, traffic_differences

pytestmark = pytest.mark.anyio

NOW: Final = datetime.now(UTC)
QUICK: Final = [with_batch(function, 300) for function in FUNCTIONS]
ROLES: Final = ("stream", "consumer", "connection")
PAUSE: Final = 2.0  # seconds between two faults, at most
SLOW: Final = 0.1  # seconds that each write to a slow disk takes
SMALL_STORE: Final = 400_000  # bytes per server: full after seconds


@dataclass(frozen=True)
class Bench:
    """A cluster under load. Each fault waits until ingest goes on without the server, and then brings it back."""

    cluster: Cluster
    platform: Platform
    gaps: Gaps
    random: Random

    async def kill(self) -> None:
        role = self.random.choice(ROLES)
        server, fault = await self._victim(role), time.time()
        await server.kill()
        await self.gaps.measure(f"{role}: server killed", fault)
        await server.start()

    async def freeze(self) -> None:
        role = self.random.choice(ROLES)
        server, fault = await self._victim(role), time.time()
        with frozen(server):
            await self.gaps.measure(f"{role}: server frozen", fault)

    async def slow_down(self) -> None:
        """The server's disk is slow for a while; the others follow its leader, or elect another."""
        role = self.random.choice(ROLES)
        server, fault = await self._victim(role), time.time()
        async with slow_disk(server, SLOW):
            await asyncio.sleep(PAUSE)
            await self.gaps.measure(f"{role}: disk slow", fault)

    async def restart_each(self) -> None:
        fault = time.time()
        await self.cluster.rolling_restart()
        await self.gaps.measure("rolling restart", fault)

    async def _victim(self, role: str) -> Engine:
        """The server that leads a random stream or consumer, or to which the workers are connected."""
        if role == "connection":
            address = self.platform.client.connected_url
            return next(each for each in self.cluster.servers.values() if address and each.port == address.port)
        function = self.random.choice(FUNCTIONS)
        durable = function.durable if role == "consumer" else ""
        return self.cluster.servers[await leader(self.platform.jetstream, function.stream.name, durable)]


def drawn(random: Random, is_long: bool) -> Sequence[Callable[[Bench], Awaitable[None]]]:
    """Faults in random order: of each kind one, or many."""
    faults = [Bench.kill, Bench.freeze, Bench.slow_down, Bench.restart_each]
    if is_long:
        faults = [*[Bench.kill, Bench.freeze, Bench.slow_down] * 20, *[Bench.restart_each] * 5]
    return random.sample(faults, len(faults))


@asynccontextmanager
async def opened(cluster: Cluster, database: str, warehouse: str, random: Random) -> AsyncIterator[Bench]:
    async with open_platform(cluster.url, database, warehouse) as platform:
        await patiently(lambda: make_short_ack_consumers(platform, QUICK))  # acknowledgements may be lost
        async with watched_workers(platform, *QUICK) as gaps:
            yield Bench(cluster, platform, gaps, random)


async def compare(bench: Bench, warehouse: str, sent: Sent) -> None:
    """Processes the rest, and compares all that is stored with what was sent."""
    await bench.cluster.wait_until_healthy()
    await patiently(lambda: bench.platform.wait_until_drained(*QUICK))
    assert await traffic_differences(bench.platform, warehouse, sent, NOW) == []


async def test_faults(database: str, warehouse: str, tmp_path: Path, seed: int, is_long: bool) -> None:
    random = Random(seed)
    async with nats_cluster(tmp_path) as cluster, opened(cluster, database, warehouse, random) as bench:
        assert await check_streams(bench.platform.jetstream, STREAMS) == []  # their copies are three
        async with producing(bench.platform, random, NOW) as sent:
            for fault in drawn(random, is_long):
                await asyncio.sleep(random.uniform(0, PAUSE))
                await fault(bench)
                await cluster.wait_until_healthy()
        await compare(bench, warehouse, sent)
    print(*bench.gaps.lines(), sep="\n")


async def test_full_store(database: str, warehouse: str, tmp_path: Path, seed: int) -> None:
    """With full stores, JetStream stops for producers and workers. With larger ones, a restart continues all of it."""
    random = Random(seed)
    async with (
        nats_cluster(tmp_path, max_file_store=SMALL_STORE) as cluster,
        opened(cluster, database, warehouse, random) as bench,
    ):
        async with producing(bench.platform, random, NOW) as sent, asyncio.timeout(60):
            while not await is_full(bench.platform):
                await asyncio.sleep(0.1)
            cluster.jetstream["max_file_store"] = 100 * SMALL_STORE
            await cluster.restart()
        await compare(bench, warehouse, sent)


async def is_full(platform: Platform) -> bool:
    """Whether no stream of events takes a message. The probe has no bytes: it is a dead letter if a stream does."""
    for stream in MAKERS:
        try:
            await platform.jetstream.publish(stream.subject, b"", timeout=1)
        except NatsError:
            continue
        return False
    return True
