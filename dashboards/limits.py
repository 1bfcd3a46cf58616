"""The limits of the alerts, read from their rules: a line in a panel is where the alert fires."""

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
    """One for each comparison of the rule with a number; LookupError if there is no such alert."""
    rule = _rules()[alert]
    found = []
    for alternative in rule.expr.split(" or "):
        expression, above, rest = alternative.partition(" > ")
        if above and (number := _NUMBER.match(rest)):
            threshold = prod(map(float, number.group().split(" * ")))
            found.append(Limit(alert, rule.labels["severity"], watched(expression), threshold))
    return found


def limit(alert: str) -> Limit:
    """Of an alert that has one."""
    (only,) = limits(alert)
    return only


def sides(alert: str) -> tuple[str, str]:
    """The two expressions that a rule compares; what else it asks for is left out."""
    compared = _rules()[alert].expr.partition(" and ")[0]
    left, _, right = compared.partition(" > ")
    return watched(left), watched(right)


def watched(expression: str) -> str:
    """The expression about the processes that the dashboard's variable `job` names."""

    def selected(metric: re.Match[str]) -> str:
        matchers = [each for each in (metric[2] or "").split(",") if each and not each.startswith("job")]
        return f"{metric[1]}{{{','.join([JOB, *matchers])}}}"

    return _METRIC.sub(selected, " ".join(expression.split()))


@cache
def _rules() -> dict[str, _Rule]:
    (group,) = msgspec.yaml.decode(RULES.read_bytes(), type=_Rules).groups
    return {rule.alert: rule for rule in group.rules}
