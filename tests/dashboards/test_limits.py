"""The lines in the panels are the limits of the alerts."""

import re

import pytest

from dashboards.files import BOARDS
from dashboards.limits import for_chosen_jobs, limit, limits, sides
from tests.support.prometheus import RULES, rules

EXPRESSIONS = {rule["alert"]: " ".join(rule["expr"].split()) for rule in rules(RULES)}


@pytest.mark.parametrize(
    ("alert", "severity", "thresholds"),
    [
        ("AnlytIngestLagHigh", "warning", [60]),
        ("AnlytConsumerLagHigh", "critical", [300]),
        ("AnlytPgErrors", "critical", [5]),
        ("AnlytApiLatencyHigh", "warning", [0.5]),
        ("AnlytRollupFailed", "critical", [3 * 3600]),
        ("AnlytPipelineLate", "warning", [600, 28 * 3600]),
        ("AnlytReconciliationDivergence", "critical", [0.0001]),
        ("AnlytCubeStale", "critical", [300]),
        ("AnlytTargetDown", "critical", []),
    ],
)
def test_the_rules_say_where_the_lines_are(alert: str, severity: str, thresholds: list[float]) -> None:
    alert_limits = limits(alert)
    assert [each.threshold for each in alert_limits] == thresholds
    assert {each.severity for each in alert_limits} <= {severity}


def test_an_unknown_alert_has_no_limit() -> None:
    with pytest.raises(LookupError):
        limit("AnlytNothing")


@pytest.mark.parametrize(
    ("expression", "limited"),
    [
        ("max(anlyt_a)", 'max(anlyt_a{job=~"$job"})'),
        ('anlyt_a{b="c"} / anlyt_d', 'anlyt_a{job=~"$job",b="c"} / anlyt_d{job=~"$job"}'),
        ('sum(up{job=~"anlyt.*"})', 'sum(up{job=~"$job"})'),
        ('anlyt_a{job=~"$job",b="c"}', 'anlyt_a{job=~"$job",b="c"}'),
    ],
)
def test_expressions_are_about_the_chosen_jobs(expression: str, limited: str) -> None:
    assert for_chosen_jobs(expression) == limited


def alert_expressions() -> set[str]:
    """The expressions that the rules compare, limited to the chosen jobs."""
    compared = {each.expression for alert in EXPRESSIONS for each in limits(alert)}
    return compared | set(sides("AnlytProcessedEventsGrowth"))


def test_a_panel_with_a_line_shows_the_expression_of_the_alert() -> None:
    drawn = 0
    for board in BOARDS:
        for panel in board.json()["panels"]:
            steps = panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds", {}).get("steps", [])
            expressions = [target["expr"] for target in panel.get("targets", []) if "expr" in target]
            if len(steps) > 1 and expressions:
                assert set(expressions) <= alert_expressions(), panel["title"]
                drawn += 1
    assert drawn >= 8


def test_ranges_of_their_own_are_those_of_alerts() -> None:
    for board in BOARDS:
        for panel in board.json()["panels"]:
            for target in panel.get("targets", []):
                ranges = set(re.findall(r"\[(.*?)\]", target.get("expr", "")))
                assert ranges <= {"$__rate_interval"} or target["expr"] in alert_expressions(), panel["title"]
