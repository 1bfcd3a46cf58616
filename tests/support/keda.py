"""What KEDA's scaler for JetStream reads of NATS' monitoring, and the lag that it makes of it.

Written after KEDA 2.20's `nats-jetstream` scaler: it asks the server behind the address of the trigger, and in a
cluster then every server by name below that address, until one calls itself the consumer's leader.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.nats_cluster import Cluster


class NoLagError(Exception):
    """KEDA's scaler fails; the ScaledObject's fallback applies."""


class Network(httpx.AsyncBaseTransport):
    """The names of Kubernetes: `entry` answers for the address of a Service, each server for its own name below it.

    A Service that is not headless has only its address, so `entry` alone answers.
    """

    def __init__(self, cluster: Cluster, address: str, entry: str, *, headless: bool) -> None:
        host = address.partition(":")[0]
        own = {f"{name}.{host}": url for name, url in cluster.monitoring.items()} if headless else {}
        self._urls = {host: cluster.monitoring[entry], **own}
        self._transport = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host not in self._urls:
            raise httpx.ConnectError(f"{request.url.host} does not resolve", request=request)
        target = httpx.URL(self._urls[request.url.host])
        request.url = request.url.copy_with(host=target.host, port=target.port)
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        await self._transport.aclose()


@dataclass(frozen=True)
class Scaler:
    """`trigger`: the metadata of a ScaledObject's trigger. `routes`: the names of servers by their route's address."""

    client: httpx.AsyncClient
    trigger: Mapping[str, str]
    routes: Mapping[str, str]

    async def lag(self) -> int:
        """The lag that KEDA scales by. Raises NoLagError."""
        try:
            return await self._lag()
        except httpx.TransportError as error:
            raise NoLagError(str(error)) from error

    async def _lag(self) -> int:
        address = self.trigger["natsServerMonitoringEndpoint"]
        answer = await self._jsz(address)
        if answer["meta_cluster"]["cluster_size"] > 1:
            urls = (await self._get(address, "varz"))["cluster"]["urls"]
            for name in [self.routes[url] for url in urls]:
                answer = await self._jsz(f"{name}.{address}")
                if (consumer := self._consumer(answer)) is not None and consumer["cluster"].get("leader") == name:
                    break
            else:
                raise NoLagError(f"no leader of consumer {self.trigger['consumer']}")
        consumer = self._consumer(answer)
        if consumer is None:
            raise NoLagError(f"no consumer {self.trigger['consumer']}")
        return int(consumer["num_pending"] + consumer["num_ack_pending"])

    def _consumer(self, answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return consumer_in(answer, self.trigger)

    async def _jsz(self, address: str) -> Mapping[str, Any]:
        return await self._get(address, "jsz", acc=self.trigger["account"], consumers="true", config="true")

    async def _get(self, address: str, path: str, **parameters: str) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = (await self.client.get(f"http://{address}/{path}", params=parameters)).json()
        return answer


def consumer_in(answer: Mapping[str, Any], trigger: Mapping[str, str]) -> Mapping[str, Any] | None:
    """The trigger's consumer in an answer of `/jsz`; None if the server does not have it."""
    for account in answer.get("account_details", []):
        for stream in account.get("stream_detail", []):
            if account["name"] == trigger["account"] and stream["name"] == trigger["stream"]:
                for consumer in stream.get("consumer_detail") or []:
                    if consumer["name"] == trigger["consumer"]:
                        return dict(consumer)
    return None


@asynccontextmanager
async def scaler(
    cluster: Cluster, trigger: Mapping[str, str], entry: str, *, headless: bool = True
) -> AsyncIterator[Scaler]:
    """A new scaler, whose address leads to the server `entry`. KEDA makes one after each error, too."""
    network = Network(cluster, trigger["natsServerMonitoringEndpoint"], entry, headless=headless)
    async with httpx.AsyncClient(transport=network, timeout=10) as client:
        yield Scaler(client, trigger, cluster.routes)
