"""Spans reach a real collector, exemplars lead to them, and a collector that is away costs one log line."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import pytest

from functions.delivery_metrics import delivery_metrics
from functions.dlr_facts import dlr_facts
from infra.embedded.ports import free_port
from infra.endpoints import Endpoints
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.api import ADMIN, ANALYTICS, portal
from tests.support.cli import Running, running
from tests.support.end_to_end import eventually, publish
from tests.support.prometheus import prometheus
from tests.support.rotel import Rotel, rotel
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

REPORTED: Final = (delivery_metrics, dlr_facts)  # the functions of delivery reports
TENANT, ACCOUNT, PHONE, PRODUCER = "tenant-secret", "account-secret", "+93701234567", "0af7651916cd43dd8448eb211c80319c"
# A short limit per export, so that a collector that is away is noticed within seconds.
TRACING: Final = {"OTEL_BSP_SCHEDULE_DELAY": "100", "OTEL_EXPORTER_OTLP_TIMEOUT": "1"}
AWAY, BACK = "spans cannot be exported", "spans are exported again"


@dataclass(frozen=True, slots=True)
class Traced:
    """A running service whose collector is expected at `port`."""

    service: Running
    port: int
    lines: list[Any] = field(default_factory=list)
    unread: bytearray = field(default_factory=bytearray)

    @property
    def endpoints(self) -> Endpoints:
        return self.service.endpoints()

    def logged(self, message: str) -> int:
        """How many log lines so far have this message."""
        assert self.service.process.stderr is not None
        descriptor = self.service.process.stderr.fileno()
        os.set_blocking(descriptor, False)
        with suppress(BlockingIOError):
            self.unread.extend(os.read(descriptor, 1 << 20))
        whole, _, rest = self.unread.rpartition(b"\n")
        self.unread[:] = rest
        self.lines.extend(map(json.loads, whole.splitlines()))
        return sum(line["message"] == message for line in self.lines)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.endpoints.api}{path}", headers=ADMIN | headers, timeout=60)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return httpx.post(f"{self.endpoints.api}{path}", json=body, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    port = free_port()
    settings = {**TRACING, "ANLYT_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
    with running(tmp_path_factory.mktemp("dev"), "dev", **settings) as service:
        service.endpoints()
        yield Traced(service, port)


def event(make: Any, time_field: str, **fields: str) -> Message:
    now = datetime.now(UTC)
    content = make(Random(17), now) | {time_field: now.isoformat(), "accountId": ACCOUNT, **fields}
    return Message(json.dumps(content).encode(), {"traceparent": f"00-{PRODUCER}-b7ad6b7169203331-01"})


def check_no_data(collector: Rotel) -> None:
    """Fails if any resource, attribute, status or event has a tenant's data or a credential."""
    text = collector.text()
    assert [secret for secret in (TENANT, ACCOUNT, PHONE, PHONE.lstrip("+"), "postgresql://") if secret in text] == []


async def test_the_collector_has_the_spans_of_a_request_and_of_a_batch(traced: Traced, tmp_path: Path) -> None:
    with rotel(tmp_path, traced.port) as collector:
        billed = event(events.billing, "billedAt", tenantId=TENANT, status="BILLED")
        reported = event(events.report, "receivedAt", tenantId=TENANT)
        await publish(traced.endpoints.nats, BILLING_EVENTS.subject, billed)
        bad = Message(json.dumps({"eventId": PHONE, "tenantId": TENANT}).encode())
        await publish(traced.endpoints.nats, SMS_DLR.subject, reported, bad)
        eventually(lambda: collector.named("anlyt.process.billingEvent"))
        eventually(lambda: sum(_messages(each) for each in collector.named("anlyt.process.dlrFacts")) == 2)
        batch = collector.named("anlyt.process.billingEvent")[0]
        assert (batch.links, batch.parent, batch.attributes) == (
            (PRODUCER,),
            "",
            {"messaging.batch.message_count": "1"},
        )
        eventually(lambda: [each for each in collector.named("anlyt.sql") if each.parent == batch.id])

        customer = portal(ACCOUNT, TENANT)
        answer = traced.get(f"{ANALYTICS}/accounts/{ACCOUNT}/usage", **customer)
        trace = answer.headers["traceresponse"].split("-")[1]
        where = [{"field": "mno", "op": "eq", "value": PHONE}]
        query = {"dataset": "dlr", "measures": ["messages"], "time": {"last": "1d"}, "where": where}
        traced.post("/v1/anlyt/query", query, **customer)
        eventually(lambda: collector.named("anlyt.api.accountUsage") and collector.named("anlyt.api.query"))
        (request,) = collector.named("anlyt.api.accountUsage")
        assert (request.trace, request.attributes) == (trace, {"http.response.status_code": str(answer.status_code)})
        check_no_data(collector)


def _messages(span: Any) -> int:
    return int(span.attributes["messaging.batch.message_count"])


async def test_exemplars_lead_from_latencies_to_traces(traced: Traced, tmp_path: Path) -> None:
    """Prometheus shows the trace of a request, of a batch and of its statement in the buckets of their durations."""
    target = urlsplit(traced.endpoints.metrics).netloc
    with rotel(tmp_path, traced.port) as collector, prometheus(tmp_path, {"anlyt": target}) as server:
        trace = traced.get(f"{ANALYTICS}/summary").headers["traceresponse"].split("-")[1]
        await publish(traced.endpoints.nats, SMS_DLR.subject, event(events.report, "receivedAt", tenantId=TENANT))
        shown = {"endpoint": "summary", "trace_id": trace}
        eventually(
            lambda: any(shown.items() <= each.items() for each in exemplars(server, "anlyt_query_duration_seconds"))
        )
        for family in ("anlyt_events_processing_lag_seconds", "anlyt_upsert_duration_seconds"):

            def shown_batches(family: str = family) -> set[str]:
                # A bucket shows its newest exemplar, which may be of either function that reads the event.
                traces = {each.trace for function in REPORTED for each in collector.named(function.span)}
                return {each["trace_id"] for each in exemplars(server, family)} & traces

            eventually(shown_batches)


def exemplars(server: Any, family: str) -> list[dict[str, str]]:
    try:
        found: list[dict[str, str]] = server.exemplars(family)
    except (httpx.TransportError, httpx.HTTPStatusError):  # it has not started yet
        return []
    return found


async def test_a_collector_that_is_away_costs_one_log_line(traced: Traced, tmp_path: Path) -> None:
    before = (traced.logged(AWAY), traced.logged(BACK))
    stored = messages(traced)
    traced.get(f"{ANALYTICS}/summary")
    eventually(lambda: traced.logged(AWAY) == before[0] + 1)
    for number in range(30):
        await publish(
            traced.endpoints.nats,
            BILLING_EVENTS.subject,
            event(events.billing, "billedAt", tenantId=TENANT, status="BILLED", eventId=f"away-{number}"),
        )
        assert traced.get(f"{ANALYTICS}/summary").status_code == 200
    eventually(lambda: messages(traced) == stored + 30)
    with rotel(tmp_path, traced.port) as collector:
        eventually(lambda: traced.get(f"{ANALYTICS}/summary") and collector.named("anlyt.api.summary"))
        eventually(lambda: traced.logged(BACK) == before[1] + 1)
    assert traced.logged(AWAY) == before[0] + 1
    others = [line for line in traced.lines if line["message"] != AWAY and "export" in line["message"]]
    assert {line["message"] for line in others} <= {BACK}


def messages(traced: Traced) -> int:
    total: int = traced.get(f"{ANALYTICS}/summary").json()["totalMessages"]
    return total


@pytest.mark.parametrize("answers", [False, True], ids=["away", "silent"])
def test_a_process_ends_in_time_without_its_collector(answers: bool, tmp_path: Path) -> None:
    """The library's own exit waits for up to 30 s, after which Kubernetes kills a process."""
    program = (
        "import sys\n"
        "from infra.telemetry import configure_traces, span\n"
        "configure_traces(sys.argv[1])\n"
        "with span('x'): pass\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if answers else free_port()
        command = [sys.executable, "-c", program, f"http://127.0.0.1:{port}"]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=25, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
