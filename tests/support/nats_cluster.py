"""A cluster of three NATS servers, who leads what in it, and whether all of its copies are current."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.embedded.ports import free_ports

NAMES: Final = ("nats-0", "nats-1", "nats-2")
PATIENCE: Final = 60  # seconds until a cluster has elected its leaders and all copies are current, on a busy machine


@dataclass(frozen=True)
class Cluster:
    """`servers` and `monitoring`, the URLs of their HTTP endpoints, by name. `routes`: the names by route's address.

    `jetstream`: the limits of each server from its next start on.
    """

    servers: Mapping[str, Engine]
    monitoring: Mapping[str, str]
    routes: Mapping[str, str]
    jetstream: dict[str, Any]

    @property
    def url(self) -> str:
        """All servers, as ANLYT_NATS_URL names them."""
        return ",".join(server.url for server in self.servers.values())

    async def wait_until_healthy(self) -> None:
        """Waits until every server has a leader to follow and current copies of all streams and consumers."""
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(timeout=PATIENCE) as client:
            for url in self.monitoring.values():
                while not await _is_healthy(client, url):
                    await asyncio.sleep(0.05)

    async def restart(self) -> None:
        """Stops all servers, and then starts them."""
        for server in self.servers.values():
            await server.stop()
        for server in self.servers.values():
            await server.start()
        await self.wait_until_healthy()

    async def rolling_restart(self) -> None:
        """Restarts one server after another, as a StatefulSet does: the next one when all are healthy again."""
        for server in self.servers.values():
            await server.stop()
            await server.start()
            await self.wait_until_healthy()


async def _is_healthy(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(f"{url}/healthz")).status_code == 200
    except httpx.TransportError:
        return False


@asynccontextmanager
async def nats_cluster(folder: Path, **limits: Any) -> AsyncIterator[Cluster]:
    """Runs three servers in folders of their own. `limits`: JetStream's of each, such as `max_file_store`."""
    ports = free_ports(3 * len(NAMES))
    routed, monitored = ports[1::3], ports[2::3]
    jetstream = {"store_dir": ".", **limits}
    async with AsyncExitStack() as opened:
        servers = {}
        for name, port, route, monitor in zip(NAMES, ports[0::3], routed, monitored, strict=True):
            settings = {
                "server_name": name,
                "http": f"127.0.0.1:{monitor}",
                "jetstream": jetstream,
                "cluster": {
                    "name": "anlyt",
                    "listen": f"127.0.0.1:{route}",
                    "routes": [f"nats://127.0.0.1:{each}" for each in routed],
                    "no_advertise": True,  # as in NATS' own chart: clients know only the addresses that they are given
                },
            }
            servers[name] = await opened.enter_async_context(nats_server(folder / name, port, settings=settings))
        cluster = Cluster(
            servers,
            dict(zip(NAMES, [f"http://127.0.0.1:{port}" for port in monitored], strict=True)),
            {f"127.0.0.1:{port}": name for port, name in zip(routed, NAMES, strict=True)},
            jetstream,
        )
        await cluster.wait_until_healthy()
        yield cluster


async def patiently(attempt: Callable[[], Awaitable[None]]) -> None:
    """Repeats an attempt until NATS answers it: a stream or consumer may have no leader for a while."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await attempt()
            except NatsError:
                await asyncio.sleep(0.1)


async def leader(jetstream: JetStreamContext, stream: str, durable: str = "") -> str:
    """The name of the server that leads a stream, or a durable consumer of it. Waits while there is none."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                info = await (jetstream.consumer_info(stream, durable) if durable else jetstream.stream_info(stream))
            except NatsError:
                pass
            else:
                if info.cluster is not None and info.cluster.leader:
                    return str(info.cluster.leader)
            await asyncio.sleep(0.05)
