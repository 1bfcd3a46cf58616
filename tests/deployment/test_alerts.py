"""Each alert is fired by its cause, routed to its receiver, and resolved by its runbook, in real programs.

Prometheus scrapes a running service and evaluates the shipped rules; Alertmanager routes as the shipped example does.
Only their durations are shorter (`tests/support/shortened.py`), and the receivers are webhooks of this process.
`make test` runs the first group of incidents, `--length long` all.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final

import httpx
import msgspec
import pytest

from tests.support import shortened
from tests.support.alertmanager import ROUTES, Alertmanager, Notification, alertmanager
from tests.support.breakable_service import COMMANDS, Service, breakable_service
from tests.support.incidents import GROUPS, Incident
from tests.support.prometheus import OBJECTIVES, RULES, Prometheus, alerts, prometheus, promtool, rules
from tools.grafana.prometheus import program

pytestmark = pytest.mark.anyio

PATIENCE: Final = 240.0  # seconds until an alert fires, or resolves, on a busy machine
# One series per process that was scraped twice: Prometheus sees an increase between two scrapes only.
SCRAPED: Final = """
count_over_time(anlyt_refused_total{job="anlyt-api", reason="overloaded"}[1m]) >= 2
or count_over_time(anlyt_deserialization_errors_total{job="anlyt-ingest", type="sms.dlr.inbound.v1"}[1m]) >= 2
or count_over_time(anlyt_copies_discarded_total{job="anlyt-schedule", projection="facts_dlr"}[1m]) >= 2
"""
RECEIVERS: Final = {"critical": "on-call", "warning": "team"}


@dataclass(frozen=True)
class Monitored:
    """A service, what it notifies, and when it was started."""

    service: Service
    manager: Alertmanager
    started: datetime


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "incidents" in metafunc.fixturenames:
        groups = GROUPS if metafunc.config.getoption("--length") == "long" else GROUPS[:1]
        metafunc.parametrize("incidents", groups, ids=lambda group: "+".join(each.name for each in group))


@pytest.fixture(scope="module")
async def monitored(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Monitored]:
    folder = tmp_path_factory.mktemp("alerts")
    shipped = [shortened.rule(each) for each in (*rules(RULES), *rules(OBJECTIVES))]
    async with breakable_service(folder) as service:
        targets = {f"anlyt-{name}": f"127.0.0.1:{port}" for name, port in service.metrics.items()}
        started = datetime.now(UTC)
        with alertmanager(folder) as manager, prometheus(folder, targets, shipped, manager.address) as server:
            async with asyncio.timeout(PATIENCE):
                while not await asyncio.to_thread(_is_scraped, server):
                    await asyncio.sleep(0.2)
            yield Monitored(service, manager, started)


def _is_scraped(server: Prometheus) -> bool:
    """Whether each process shows its counters."""
    try:
        return len(server.values(SCRAPED)) == len(COMMANDS)
    except (httpx.TransportError, httpx.HTTPStatusError):  # it has not started yet
        return False


async def test_causes_fire_alerts_and_runbooks_resolve_them(
    monitored: Monitored, incidents: Sequence[Incident]
) -> None:
    async with asyncio.TaskGroup() as tasks:
        for incident in incidents:
            tasks.create_task(_happens(monitored, incident), name=incident.name)


async def _happens(monitored: Monitored, incident: Incident) -> None:
    begun = monitored.started if incident.since_start else datetime.now(UTC)
    at = monotonic()
    async with incident.broken(monitored.service):
        fired = [await monitored.manager.fired(labels, begun, PATIENCE) for labels in incident.fires]
        print(f"\n{incident.name}: fired after {monotonic() - at:.0f} s")
        for alert in fired:
            _check_route(alert)
    repaired = monotonic()
    for alert in fired:
        await monitored.manager.resolved(alert, PATIENCE)
    print(f"\n{incident.name}: resolved {monotonic() - repaired:.0f} s after the runbook")


def _check_route(alert: Notification) -> None:
    assert alert.receiver == RECEIVERS[alert.labels["severity"]]
    assert alert.annotations["runbook_url"] == f"docs/runbooks/{alert.labels['alertname']}.md"
    assert "<no value>" not in alert.annotations["summary"]


def test_each_alert_has_an_incident() -> None:
    raised = {labels["alertname"] for group in GROUPS for incident in group for labels in incident.fires}
    assert raised == {alert["alert"] for alert in alerts()}


def test_only_durations_are_shorter(tmp_path: Path) -> None:
    """The shorter rules are well-formed, and differ from the shipped ones in numbers only."""
    shipped = [*rules(RULES), *rules(OBJECTIVES)]
    changed = [shortened.rule(each) for each in shipped]
    (tmp_path / "rules.yaml").write_bytes(msgspec.yaml.encode({"groups": [{"name": "anlyt", "rules": changed}]}))
    checked = promtool("check", "rules", tmp_path / "rules.yaml")
    assert checked.returncode == 0, checked.stderr
    for before, after in zip(shipped, changed, strict=True):
        assert _without_durations(before) == _without_durations(after)
        kept = re.compile(r"> (?:bool )?(0|1|5|6|14\.4|50|0\.\d+)(?![\d.])|>= \d+")
        assert kept.findall(before["expr"]) == kept.findall(after["expr"])


def _without_durations(rule: dict[str, Any]) -> dict[str, Any]:
    number = re.compile(r"[\d.]+(?: \* 3600)?(?:ms|[smhd]\b)?")
    return {name: number.sub("N", value) if name in ("expr", "for") else value for name, value in rule.items()}


async def test_the_example_routes_are_well_formed() -> None:
    checking = await asyncio.create_subprocess_exec(
        program("amtool"), "check-config", ROUTES, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await checking.communicate()
    assert (checking.returncode, b"SUCCESS" in output) == (0, True), output
    for severity, receiver in RECEIVERS.items():
        routed = await asyncio.create_subprocess_exec(
            *(program("amtool"), "config", "routes", "test", f"--config.file={ROUTES}", f"severity={severity}"),
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await routed.communicate()
        assert output.decode().strip() == receiver
