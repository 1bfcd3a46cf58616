"""`anlyt dev` as a user sees it: events go in over NATS, figures come out over REST and GraphQL."""

import os
import random
import re
import shlex
import signal
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import httpx
import psutil
import pytest

from infra.embedded.certificates import DevCertificates
from schema.streams import BILLING_EVENTS, SMS_DLR
from tests.support import events
from tests.support.api import ADMIN, ANALYTICS, recent_summary
from tests.support.cli import Running, anlyt, running
from tests.support.end_to_end import eventually, publish
from tests.support.reference import expect
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

HEALTH = "/health/ready"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("a folder of mine"), "dev") as started:
        started.endpoints()
        yield started
        assert started.stop() == 0
        assert not (started.home / "endpoints.json").exists()


@pytest.fixture
def api(service: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.endpoints().api, headers=ADMIN, timeout=60) as client:
        yield client


def graphql(api: httpx.Client, query: str) -> Any:
    return api.post("/graphql", json={"query": query}).raise_for_status().json()


async def test_events_become_numbers(service: Running, api: httpx.Client) -> None:
    rng, now = random.Random(11), datetime.now(UTC)
    fresh = {
        "eventId": "fresh",
        "billedAt": now.isoformat(),
        "status": "BILLED",
        "currency": "USD",
        "totalCost": "0.0125",
    }
    bill = [events.message(rng, events.billing(rng, now) | fresh)] * 3  # sent three times, counted once
    report = events.report(rng, now) | {"receivedAt": now.isoformat(), "deliveryStatus": "DELIVERED", "latencyMs": 51}
    reports = [events.message(rng, report)]
    await publish(service.endpoints().nats, BILLING_EVENTS.subject, *bill)
    await publish(service.endpoints().nats, SMS_DLR.subject, *reports)
    assert expect(bill, reports, now).claims == 2
    url = service.endpoints().api
    eventually(lambda: recent_summary(url)["deliveredMessages"] == recent_summary(url)["totalMessages"] == 1)
    summary = recent_summary(url)
    assert (summary["totalCost"], summary["p95LatencyMs"], summary["lowSample"]) == ("0.012500", 51, True)
    window = 'from: "{from}", to: "{to}"'.format_map(summary["window"])
    answer = graphql(api, f"{{ summary({window}) {{ totalMessages totalCost p95LatencyMs dataAsOf }} }}")
    assert answer["data"]["summary"] == {
        name: summary[name] for name in ("totalMessages", "totalCost", "p95LatencyMs", "dataAsOf")
    }


async def test_a_bad_event_becomes_a_dead_letter(service: Running, tmp_path: Path) -> None:
    """Both functions that read reports write a dead letter, and again after a replay."""
    bad = Message(b'{"schemaVersion":"1","msisdn":"+93700123456"}')
    await publish(service.endpoints().nats, SMS_DLR.subject, bad)

    def dead_letters(*arguments: str) -> CompletedProcess[str]:
        return anlyt(tmp_path, "deadletters", *arguments, ANLYT_HOME=str(service.home))

    eventually(lambda: dead_letters("show", "2").returncode == 0)
    line = r"1  \S+ \S+  SMS_DLR +(delivery_metrics|dlr_facts) +missing_field +eventId is missing\."
    assert re.search(line, dead_letters("list").stdout)
    shown = dead_letters("show", "1")
    assert shown.returncode == 0
    assert "eventId is missing." in shown.stdout
    assert "93700123456" not in shown.stdout
    assert "1, 2: sent to sms.dlr.inbound again\n" in dead_letters("replay", "1").stdout
    eventually(lambda: dead_letters("show", "4").returncode == 0)
    assert dead_letters("drop", "--all").returncode == 0
    assert "No dead letters." in dead_letters("list").stdout


def test_all_metrics_are_exported(service: Running) -> None:
    text = httpx.get(service.endpoints().metrics).text
    for family in (
        "anlyt_events_processed_total",
        "anlyt_events_processing_lag_seconds",
        "anlyt_upsert_duration_seconds",
        "anlyt_query_duration_seconds",
        "anlyt_nats_consumer_pending",
        "anlyt_pg_errors_total",
        "anlyt_deserialization_errors_total",
        "anlyt_processed_events_table_size_rows",
        "anlyt_data_as_of_timestamp_seconds",
        "anlyt_deadletter_total",
    ):
        assert f"# TYPE {family} " in text or f"# TYPE {family.removesuffix('_total')} " in text


def test_a_second_terminal_uses_the_same_service(service: Running, tmp_path: Path) -> None:
    check = anlyt(tmp_path, "migrate", "--check", ANLYT_HOME=str(service.home))
    assert (check.returncode, check.stderr) == (0, "")
    with running(tmp_path, "api", ANLYT_HOME=str(service.home)) as second:
        assert second.process.stdout is not None
        url = second.process.stdout.readline().split()[1].rstrip(";")
        assert httpx.get(url + HEALTH).json()["status"] == "ok"
        assert httpx.get(url + "/graphql", headers={"Accept": "text/html"}).status_code != 200  # not in production
        assert second.stop(signal.SIGTERM) == 0


def test_the_regulator_is_answered(service: Running, tmp_path: Path) -> None:
    files = DevCertificates(service.home / "tls")
    assert service.process.stdout is not None
    curl_words = shlex.split(next(line for line in service.process.stdout if "/v1/audit/query" in line))
    assert curl_words[2:8] == [
        "--cacert",
        str(files.authority),
        "--cert",
        str(files.client[0]),
        "--key",
        str(files.client[1]),
    ]
    context = ssl.create_default_context(cafile=files.authority)
    context.load_cert_chain(*files.client)
    body = {"tenantId": "tenant-001", "from": "2026-10-01T00:00:00Z", "to": "2026-10-02T00:00:00Z"}
    with running(tmp_path, "audit-api", ANLYT_HOME=str(service.home)) as second:
        assert second.process.stdout is not None
        url = second.process.stdout.readline().split()[1].rstrip(";")
        for address in (service.endpoints().audit, url):
            answer = httpx.post(f"{address}/v1/audit/query", json=body, verify=context).raise_for_status().json()
            assert (answer["data"], answer["meta"]["rowCap"]) == ([], 1_000_000)
        assert second.stop(signal.SIGTERM) == 0


def test_an_audit_listener_needs_certificates(tmp_path: Path) -> None:
    missing = anlyt(tmp_path, "audit-api", ANLYT_TLS_KEY="a.key")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "ANLYT_TLS_CERT is not set; the audit listener needs" in missing.stderr
    wrong = anlyt(tmp_path, "audit-api", ANLYT_TLS_CERT="a.pem", ANLYT_TLS_KEY="a.key", ANLYT_TLS_CLIENT_CA="ca.pem")
    assert wrong.returncode == 2


def test_a_second_start_in_the_same_folder_is_refused(service: Running, tmp_path: Path) -> None:
    second = anlyt(tmp_path, "dev", ANLYT_HOME=str(service.home))
    assert second.returncode == 1
    assert f"in use by process {service.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr


ENGINES = {"postgres": "/bin/postgres", "nats": "/nats-server", "clickhouse": "infra.embedded.chdb_http"}


def is_engine(process: psutil.Process, mark: str) -> bool:
    """Whether a process is the engine itself, not the keeper that started it."""
    words = process.cmdline()
    return any(word.endswith(mark) for word in words) and not any("keeper" in word for word in words)


def engines(service: Running, engine: str) -> set[int]:
    """The pids of this engine: one, or none during a restart."""
    pids = set()
    for process in service.processes():
        with suppress(psutil.NoSuchProcess):
            if is_engine(process, ENGINES[engine]):
                pids.add(process.pid)
    return pids


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_that_dies_is_started_again(service: Running, api: httpx.Client, engine: str) -> None:
    before = recent_summary(service.endpoints().api)["totalMessages"]
    (victim,) = engines(service, engine)
    os.kill(victim, signal.SIGKILL)
    # PostgreSQL's backends may answer for a moment after their postmaster's death, so wait for a new process.
    eventually(lambda: engines(service, engine) - {victim})
    eventually(lambda: api.get(HEALTH).json()["status"] == "ok")
    eventually(lambda: api.get(f"{ANALYTICS}/summary").status_code == 200)
    assert recent_summary(service.endpoints().api)["totalMessages"] == before
