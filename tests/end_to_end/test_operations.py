"""The traces and log lines of a running service, and the alert that fires while ingest is stopped."""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from infra import nats
from infra.endpoints import Endpoints
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.api import ADMIN, ANALYTICS, recent_summary
from tests.support.cli import Running, running
from tests.support.end_to_end import eventually, publish
from tests.support.otlp import Collector, collector
from tests.support.prometheus import Prometheus, alerts, prometheus
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

PRODUCER, CALLER = "0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"
QUERIER = "d4cda95b652f4a1592b449d5929fda1b"


@dataclass(frozen=True, slots=True)
class Observed:
    """A running service, and the collector of its spans."""

    service: Running
    collector: Collector

    @property
    def endpoints(self) -> Endpoints:
        return self.service.endpoints()

    def logged(self) -> list[Any]:
        """The log lines since the last call, as JSON."""
        assert self.service.process.stderr is not None
        descriptor = self.service.process.stderr.fileno()
        os.set_blocking(descriptor, False)
        return [json.loads(line) for line in os.read(descriptor, 1 << 20).splitlines()]


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with collector() as receiver:
        settings = {"ANLYT_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        with running(tmp_path_factory.mktemp("dev"), "dev", **settings) as service:
            service.endpoints()
            yield Observed(service, receiver)
            assert service.stop() == 0


def billed(rng: random.Random) -> bytes:
    now = datetime.now(UTC)
    return json.dumps(events.billing(rng, now) | {"billedAt": now.isoformat(), "status": "BILLED"}).encode()


def summary(endpoints: Endpoints, **headers: str) -> httpx.Response:
    return httpx.get(f"{endpoints.api}{ANALYTICS}/summary", headers=ADMIN | headers, timeout=60).raise_for_status()


async def test_a_trace_leads_from_the_producer_through_batch_and_sql(observed: Observed) -> None:
    spans = observed.collector
    event, traceparent = billed(random.Random(5)), f"00-{PRODUCER}-b7ad6b7169203331-01"
    await publish(observed.endpoints.nats, BILLING_EVENTS.subject, Message(event, {"traceparent": traceparent}))
    eventually(lambda: spans.named("anlyt.process.billingEvent"))
    (batch,) = spans.named("anlyt.process.billingEvent")
    assert (batch.links, batch.parent, batch.service) == ((PRODUCER,), "", "anlyt")
    statements = [span.attributes["db.query.text"] for span in spans.below(batch) if span.name == "anlyt.sql"]
    assert any("insert into anlyt.metrics_hourly" in statement for statement in statements)
    identities = {json.loads(event)[name] for name in ("eventId", "messageId", "accountId")}
    assert not [span for span in spans.spans if identities & set(span.attributes.values())]


async def test_traces_lead_from_a_report_to_its_facts_and_from_a_bad_one_to_its_dead_letter(
    observed: Observed,
) -> None:
    spans, rng, now = observed.collector, random.Random(7), datetime.now(UTC)
    report = events.report(rng, now) | {"receivedAt": now.isoformat()}
    await publish(observed.endpoints.nats, SMS_DLR.subject, Message(json.dumps(report).encode()))
    eventually(lambda: spans.named("anlyt.process.dlrFacts"))
    batch = spans.named("anlyt.process.dlrFacts")[0]
    statements = [span.attributes["db.query.text"] for span in spans.below(batch)]
    assert statements == ["insert into anlyt.facts_dlr", "insert into anlyt.dirty"]
    await publish(observed.endpoints.nats, SMS_DLR.subject, Message(b"{}"))
    eventually(lambda: len(spans.named("anlyt.process.dlrFacts")) == 2)
    async with nats.connect(observed.endpoints.nats) as client:
        dead_letters = [await client.jetstream().get_msg("ANLYT_DEADLETTER", seq=number) for number in (1, 2)]
    traces = {(dead_letter.headers or {})["traceparent"].split("-")[1] for dead_letter in dead_letters}
    names = ("anlyt.process.dlrFacts", "anlyt.process.dlrEvent")
    eventually(lambda: traces == {spans.named(name)[-1].trace for name in names})


async def test_a_trace_leads_from_the_caller_to_the_answer(observed: Observed) -> None:
    answer = summary(observed.endpoints, traceparent=f"00-{CALLER}-00f067aa0ba902b7-01")
    eventually(lambda: observed.collector.named("anlyt.api.summary"))
    (request,) = observed.collector.named("anlyt.api.summary")
    assert (request.trace, request.parent) == (CALLER, "00f067aa0ba902b7")
    assert answer.headers["traceresponse"] == f"00-{CALLER}-{request.id}-01"
    assert request.attributes["http.response.status_code"] == "200"
    eventually(lambda: [span for span in observed.collector.below(request) if span.name == "anlyt.sql"])


def test_a_trace_leads_from_a_query_to_clickhouse(observed: Observed) -> None:
    window = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}
    query = {"dataset": "dlr", "measures": ["messages"], "time": window}
    headers = ADMIN | {"traceparent": f"00-{QUERIER}-00f067aa0ba902b7-01"}
    httpx.post(f"{observed.endpoints.api}/v1/anlyt/query", json=query, headers=headers).raise_for_status()
    eventually(lambda: observed.collector.named("anlyt.api.query"))
    (request,) = observed.collector.named("anlyt.api.query")
    below = [span.attributes.get("db.system.name") for span in observed.collector.spans if span.trace == QUERIER]
    assert (request.trace, "clickhouse" in below) == (QUERIER, True)


def test_a_log_line_names_its_span(observed: Observed) -> None:
    lines: list[Any] = []

    def of_a_pipeline() -> list[Any]:
        lines.extend(observed.logged())
        return [line for line in lines if "pipeline" in line]

    eventually(of_a_pipeline)
    line = next(line for line in lines if "pipeline" in line)
    assert {"level", "ts", "service", "message", "traceId", "spanId"} <= line.keys()
    name = f"anlyt.pipeline.{line['pipeline']}"
    eventually(lambda: (line["traceId"], line["spanId"]) in {(s.trace, s.id) for s in observed.collector.named(name)})
    assert all({"level", "ts", "service", "message"} <= line.keys() for line in lines)


def test_a_trace_leads_from_a_pipeline_to_clickhouse(observed: Observed) -> None:
    spans = observed.collector

    def computed() -> set[str]:
        return {s.trace for s in spans.spans if "into anlyt.cube_dlr_hourly" in s.attributes.get("db.query.text", "")}

    eventually(lambda: computed() & {run.trace for run in spans.named("anlyt.pipeline.cubes")})


def shortened(alert: dict[str, Any]) -> dict[str, Any]:
    """The alert with a limit of 1 s instead of 60 s, and without its waiting time."""
    assert alert["expr"].endswith("> 60")
    return alert | {"expr": f"{alert['expr'].removesuffix('60')}1", "for": "0s"}


async def test_the_alert_fires_while_ingest_is_stopped(observed: Observed, tmp_path: Path) -> None:
    rules = [shortened(alert) for alert in alerts() if alert["alert"] == "AnlytIngestLagHigh"]
    target = urlsplit(observed.endpoints.metrics).netloc
    stopped = ("AnlytIngestLagHigh", "billing_metrics")
    before = recent_summary(observed.endpoints.api)["totalMessages"]
    with prometheus(
        tmp_path, {"anlyt": target}, [*rules, *(each for each in alerts() if each["alert"] == "AnlytTargetDown")]
    ) as server:
        eventually(lambda: _scraped(server))
        assert server.firing() == set()
        connection = await asyncpg.connect(observed.endpoints.postgres)
        async with connection.transaction():
            await connection.execute("lock table anlyt.metrics_hourly in access exclusive mode")
            await publish(observed.endpoints.nats, BILLING_EVENTS.subject, Message(billed(random.Random(6))))
            eventually(lambda: stopped in server.firing())
        await connection.close()
        eventually(lambda: server.firing() == set())
        assert recent_summary(observed.endpoints.api)["totalMessages"] == before + 1


def _scraped(server: Prometheus) -> bool:
    """Whether Prometheus has scraped the lag of every function."""
    try:
        return server.values('up{job="anlyt"}') == [1] and server.values("count(anlyt_ingest_lag_seconds)") == [5]
    except (httpx.TransportError, httpx.HTTPStatusError):  # it has not started yet
        return False
