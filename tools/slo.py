"""Writes the service-level objectives as Prometheus rules: how quickly each uses up its error budget.

An objective of 99.9 % has a budget of 0.1 % of 30 days. A burn rate of 1 uses up the budget in exactly 30 days, 14.4 in
50 hours. The windows and limits of the alerts are those of "The Site Reliability Workbook" (Google, 2018), chapter 5,
table 5-8.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

RULES: Final = Path("infra/alerts/slo.rules.yaml")
WINDOWS: Final = ("5m", "30m", "1h", "6h", "3d", "30d")


@dataclass(frozen=True, slots=True)
class Slo:
    """A service-level objective.

    `errors` is the share of errors as PromQL, with $window for a duration. `objective` is in percent.
    """

    name: str
    objective: Fraction
    meaning: str
    errors: str

    def burn_rate(self, window: str) -> str:
        """How many times faster than allowed the budget is used, in the last `window`."""
        return f"({self.errors.replace('$window', window)}) / {float(1 - self.objective / 100):g}"


LATE: Final = "anlyt:ingest_late:bool"
INEXACT: Final = "anlyt:inexact:bool"
CONDITIONS: Final[Mapping[str, str]] = {
    LATE: "max(anlyt_ingest_lag_seconds) > bool 60",
    INEXACT: "max((anlyt_reconciliation_divergence_ratio > bool 0.0001) or (anlyt_integrity_differences > bool 0))",
}
SLOS: Final[tuple[Slo, ...]] = (
    Slo(
        "availability",
        Fraction("99.9"),
        "requests answered without a 5xx status",
        '(sum(rate(anlyt_http_requests_total{status=~"5..", endpoint!="none"}[$window])) or vector(0))'
        ' / (sum(rate(anlyt_http_requests_total{endpoint!="none"}[$window])) > 0)',
    ),
    Slo(
        "latency",
        Fraction(95),
        "requests answered within 500 ms",
        '1 - sum(rate(anlyt_query_duration_seconds_bucket{le="0.5"}[$window]))'
        " / (sum(rate(anlyt_query_duration_seconds_count[$window])) > 0)",
    ),
    Slo(
        "freshness",
        Fraction(99),
        "time in which no function is more than 60 s behind its stream",
        f"avg_over_time({LATE}[$window])",
    ),
    Slo(
        "exactness",
        Fraction("99.9"),
        "time in which no day differs from billing's total, and no closed day from the hash chain",
        f"avg_over_time({INEXACT}[$window])",
    ),
)

_ALERTS: Final = """
      - alert: AnlytSloBurnFast
        expr: >-
          (anlyt:slo_burn:rate1h > 14.4 and anlyt:slo_burn:rate5m > 14.4)
          or (anlyt:slo_burn:rate6h > 6 and anlyt:slo_burn:rate30m > 6)
        for: 1m
        labels: { severity: critical }
        annotations:
          summary: '{{ $labels.slo }} uses its error budget {{ $value | printf "%.1f" }} times faster than allowed.'
          runbook_url: docs/runbooks/AnlytSloBurnFast.md

      - alert: AnlytSloBurnSlow
        expr: anlyt:slo_burn:rate3d > 1 and anlyt:slo_burn:rate6h > 1
        for: 15m
        labels: { severity: warning }
        annotations:
          summary: '{{ $labels.slo }} uses its error budget {{ $value | printf "%.1f" }} times faster than allowed.'
          runbook_url: docs/runbooks/AnlytSloBurnSlow.md
"""


def rules() -> str:
    """The rule file: conditions, burn rates and alerts."""
    head = (
        "# The service-level objectives: made by `make schema` from tools/slo.py. docs/OBSERVABILITY.md explains them."
    )
    return "\n".join([head, "groups:", "  - name: anlyt-slo", "    rules:", *_recorded(), _ALERTS.lstrip("\n")])


def _recorded() -> Iterator[str]:
    for name, condition in CONDITIONS.items():
        yield f"      - record: {name}\n        expr: {condition}"
    for slo in SLOS:
        yield f"\n      # {slo.name}, at least {float(slo.objective):g} %: {slo.meaning}."
        for window in WINDOWS:
            yield f"      - record: anlyt:slo_burn:rate{window}"
            yield f"        expr: {slo.burn_rate(window)}"
            yield f"        labels: {{ slo: {slo.name} }}"
    yield ""


def files() -> Mapping[Path, str]:
    """The content of each file, by its path. A chart cannot read files outside its folder."""
    return {RULES: rules(), Path("infra/service/files/slo.rules.yaml"): rules()}
