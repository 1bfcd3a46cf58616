"""Runs Prometheus and promtool for the tests of the alerts."""

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tools.export import ROOT
from tools.grafana import prometheus as server
from tools.grafana.prometheus import program

RULES = ROOT / "infra/alerts/anlyt.rules.yaml"
OBJECTIVES = ROOT / "infra/alerts/slo.rules.yaml"


def promtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program("promtool"), *arguments], capture_output=True, text=True, timeout=100, check=False, cwd=ROOT
    )


def rules(file: Path) -> list[dict[str, Any]]:
    """The rules of a file as written."""
    (group,) = msgspec.yaml.decode(file.read_bytes())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def alerts() -> list[dict[str, Any]]:
    """The alerting rules of both files."""
    return [rule for rule in (*rules(RULES), *rules(OBJECTIVES)) if "alert" in rule]


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A server that scrapes and evaluates every second."""

    url: str

    def firing(self) -> set[tuple[str, str]]:
        """The firing alerts as (alert, function). The function is empty for alerts without that label."""
        alerts = httpx.get(f"{self.url}/api/v1/alerts", timeout=60).raise_for_status().json()["data"]["alerts"]
        labels = [alert["labels"] for alert in alerts if alert["state"] == "firing"]
        return {(each["alertname"], each.get("function", "")) for each in labels}

    def exemplars(self, family: str) -> list[dict[str, str]]:
        """The labels of a histogram's exemplars, each with `family` and the labels of its bucket."""
        window = {"start": time.time() - 3600, "end": time.time() + 60}
        answer = httpx.get(
            f"{self.url}/api/v1/query_exemplars", params={"query": f"{family}_bucket", **window}, timeout=60
        )
        found = answer.raise_for_status().json()["data"]
        return [series["seriesLabels"] | each["labels"] for series in found for each in series["exemplars"]]

    def values(self, query: str) -> list[float]:
        """The values of an instant query, one per series."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": query}, timeout=60).raise_for_status().json()
        return [float(series["value"][1]) for series in answer["data"]["result"]]


@contextmanager
def prometheus(
    folder: Path,
    targets: Mapping[str, str],
    rules: Sequence[Mapping[str, Any]] = (),
    alertmanager: str | None = None,
) -> Iterator[Prometheus]:
    """Runs a Prometheus that scrapes targets (host:port by job) and sends alerts to `alertmanager` (host:port)."""
    with server.prometheus(folder, targets, rules, alertmanager) as url:
        yield Prometheus(url)
