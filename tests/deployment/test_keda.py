"""The requests of KEDA's trigger, as the chart configures it, to a cluster of three NATS servers."""

from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from commands.migrate import CONSUMERS
from infra.consumers import ensure_consumers
from schema.streams import BILLING_EVENTS
from tests.support.charts import SERVICE, of_kind
from tests.support.keda import NoLagError, consumer_in, scaler
from tests.support.nats_cluster import NAMES, Cluster, leader, nats_cluster
from tests.support.platform import BILLING, open_platform
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

WAITING = 40  # events

Trigger = Mapping[str, str]


async def lags(cluster: Cluster, trigger: Trigger, *, headless: bool = True) -> list[int | None]:
    """The lag that KEDA finds, by the server to which the trigger's address leads; None if it finds none."""
    found: list[int | None] = []
    for entry in NAMES:
        async with scaler(cluster, trigger, entry, headless=headless) as new:
            try:
                found.append(await new.lag())
            except NoLagError:
                found.append(None)
    return found


async def own_lags(cluster: Cluster, trigger: Trigger) -> Mapping[str, int]:
    """The waiting events by the word of each server."""
    parameters = {"acc": trigger["account"], "consumers": "true"}
    found = {}
    async with httpx.AsyncClient() as client:
        for name, url in cluster.monitoring.items():
            consumer = consumer_in((await client.get(f"{url}/jsz", params=parameters)).json(), trigger)
            found[name] = int(consumer["num_pending"]) if consumer else 0
    return found


async def test_trigger(tmp_path: Path) -> None:
    """KEDA finds the lag once there is a consumer, from any server; without one or a name per server, it finds none."""
    trigger: Trigger = of_kind(SERVICE.manifests(), "ScaledObject")["anlyt-ingest-billing-metrics"]["spec"]["triggers"][
        0
    ]["metadata"]
    async with nats_cluster(tmp_path) as cluster, open_platform(cluster.url) as platform:
        await platform.publish(BILLING_EVENTS, [Message(b"{}")] * WAITING)
        assert await lags(cluster, trigger) == [None, None, None]
        assert await ensure_consumers(platform.jetstream, CONSUMERS) == [each.durable for each in CONSUMERS]
        assert await ensure_consumers(platform.jetstream, CONSUMERS) == []
        leading = await leader(platform.jetstream, BILLING_EVENTS.name, BILLING.durable)
        await cluster.wait_until_healthy()
        assert await lags(cluster, trigger) == [WAITING, WAITING, WAITING]
        assert await lags(cluster, trigger, headless=False) == [None, None, None]
        assert await own_lags(cluster, trigger) == {name: WAITING if name == leading else 0 for name in NAMES}

        await cluster.servers[leading].kill()
        await leader(platform.jetstream, BILLING_EVENTS.name, BILLING.durable)
        assert set(await lags(cluster, trigger)) <= {WAITING, None}  # never a wrong one
        await cluster.servers[leading].start()
        await cluster.wait_until_healthy()
        assert await lags(cluster, trigger) == [WAITING, WAITING, WAITING]
