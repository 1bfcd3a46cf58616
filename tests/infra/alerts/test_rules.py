"""All alerts are well-formed, use existing metrics, and fire exactly when they should."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY

import infra.metrics
from tests.support.prometheus import OBJECTIVES, RULES, alerts, promtool, rules
from tools.export import ROOT

assert infra.metrics  # imported to register its families
UNIT_TESTS = sorted(Path(__file__).parent.glob("*.test.yaml"))
NAMES = [alert["alert"] for alert in alerts()]


def name(rule: dict[str, Any]) -> str:
    """The name of an alert or a recorded series."""
    return str(rule.get("alert") or rule["record"])


def test_the_rules_are_well_formed() -> None:
    checked = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES, OBJECTIVES)
    assert checked.returncode == 0, checked.stderr


def test_each_fires_when_it_should_and_is_silent_when_not() -> None:
    tested = promtool("test", "rules", *UNIT_TESTS)
    assert tested.returncode == 0, tested.stderr


@pytest.mark.parametrize("expression", ["vector(1)", "vector(1) < 0"], ids=["always", "never"])
def test_the_unit_tests_notice_rules_that_always_or_never_fire(tmp_path: Path, expression: str) -> None:
    changed = [alert | {"expr": expression} for alert in alerts()]
    (tmp_path / "rules.yaml").write_bytes(msgspec.yaml.encode({"groups": [{"name": "anlyt", "rules": changed}]}))
    for file in UNIT_TESTS:
        tests = msgspec.yaml.decode(file.read_bytes()) | {"rule_files": ["rules.yaml"]}
        (tmp_path / file.name).write_bytes(msgspec.yaml.encode(tests))
    tested = promtool("test", "rules", *(tmp_path / file.name for file in UNIT_TESTS))
    assert set(re.findall(r"alertname: (\w+)", tested.stderr)) == set(NAMES)


@pytest.mark.parametrize("alert", alerts(), ids=NAMES)
def test_each_says_how_urgent_it_is_what_it_is_about_and_what_to_do(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["runbook_url"] == f"docs/runbooks/{alert['alert']}.md"
    assert (ROOT / alert["annotations"]["runbook_url"]).exists()


@pytest.mark.parametrize("rule", [*rules(RULES), *rules(OBJECTIVES)], ids=name)
def test_each_is_about_metrics_and_labels_that_exist(rule: dict[str, Any]) -> None:
    for metric, selectors in re.findall(r"\b(anlyt_\w+)(?:\{(.*?)\})?", rule["expr"]):
        collector = REGISTRY._names_to_collectors[metric]
        labels = set(re.findall(r"(\w+)=", selectors)) | set(re.findall(r"by \((.*?)\)", rule["expr"]))
        known = {*collector._labelnames, "le"}  # type: ignore[attr-defined]  # no public way
        assert {label for each in labels for label in each.split(", ")} <= known
