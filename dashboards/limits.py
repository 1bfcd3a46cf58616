"""The limits of the alerts, read from their rules, so that a line in a panel shows where the alert fires."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Final

import msgspec

RULES: Final = Path(__file__).parent.parent / "infra/alerts/anlyt.rules.yaml"
JOB: Final = 'job=~"$job"'
_NUMBER: Final = re.compile(r"[\d.]+(?: \* [\d.]+)*")
_METRIC: Final = re.compile(r"\b(anlyt_\w+|up)\b(?:\{(.*?)\})?")


@dataclass(frozen=True, slots=True)
class Limit:
    """An alert fires while `expression`, in its own unit, is above `threshold`."""

    alert: str
    severity: str
    expression: str
    threshold: float


class _Rule(msgspec.Struct, frozen=True):
    alert: str
    expr: str
    labels: dict[str, str]


class _Group(msgspec.Struct, frozen=True):
    rules: list[_Rule]


class _Rules(msgspec.Struct, frozen=True):
    groups: list[_Group]


def limits(alert: str) -> Sequence[Limit]:
    """One limit per comparison of the rule with a number. Raises LookupError if there is no such alert."""
    rule = _rules()[alert]
    all_limits = []
    for alternative in rule.expr.split(" or "):
        expression, above, rest = alternative.partition(" > ")
        if above and (number := _NUMBER.match(rest)):
            threshold = prod(map(float, number.group().split(" * ")))
            all_limits.append(Limit(alert, rule.labels["severity"], for_chosen_jobs(expression), threshold))
    return all_limits


def limit(alert: str) -> Limit:
    """The limit of an alert that has exactly one."""
    (only,) = limits(alert)
    return only


def sides(alert: str) -> tuple[str, str]:
    """The two expressions that a rule compares, without its other conditions."""
    compared = _rules()[alert].expr.partition(" and ")[0]
    left, _, right = compared.partition(" > ")
    return for_chosen_jobs(left), for_chosen_jobs(right)


def for_chosen_jobs(expression: str) -> str:
    """The expression, limited to the jobs that the dashboard's variable `job` selects."""

    def selected(metric: re.Match[str]) -> str:
        matchers = [each for each in (metric[2] or "").split(",") if each and not each.startswith("job")]
        return f"{metric[1]}{{{','.join([JOB, *matchers])}}}"

    return _METRIC.sub(selected, " ".join(expression.split()))


@cache
def _rules() -> dict[str, _Rule]:
    (group,) = msgspec.yaml.decode(RULES.read_bytes(), type=_Rules).groups
    return {rule.alert: rule for rule in group.rules}
