"""docs/capacity.md: its inputs are measured, and what it concludes follows from them."""

import re

import pytest

from functions import FUNCTIONS
from tools import capacity, measured
from tools.export import ROOT

BENCHMARKS = (ROOT / "docs/benchmarks.md").read_text()
PAGE = capacity.page()


@pytest.mark.parametrize(
    "figure",
    [
        f"{measured.METRICS.worker} + {measured.METRICS.store} + {measured.METRICS.nats}",
        f"worker {measured.FACTS.worker}, ClickHouse {measured.FACTS.store}, NATS {measured.FACTS.nats}",
        f"{measured.FACT_BYTES['facts_dlr'] * 10:.0f} MB | {measured.CUBES} |",
        f"| `facts_cdr` | {measured.FACT_BYTES['facts_cdr']} |",
        f"| `facts_compliance` | {measured.FACT_BYTES['facts_compliance']} |",
        f"| `processed_events` | {measured.CLAIM} |",
        f"| `metrics_hourly` | {measured.HOUR_ROW} |",
        f" | {measured.STORED_MESSAGE} |",
        *(f"{cost:.3f} |" for cost in measured.RECOMPUTED.values()),
        f"facts/s | {measured.FACT_WORKER:,} |",
        f"| {measured.SUMMARIES:,} (",
        f"| {measured.USAGES:,} (",
        f"{measured.DENSE_HOUR:,} rows",
    ],
)
def test_inputs_are_measured(figure: str) -> None:
    assert figure in BENCHMARKS


def test_a_worker_is_not_said_to_be_faster_than_it_was() -> None:
    rates = [int(rate.replace(",", "")) for rate in re.findall(r"^\| [\d.]+ \| ([\d,]+) \|", BENCHMARKS, re.MULTILINE)]
    assert sorted(rates)[len(rates) // 2] <= measured.WORKER <= max(rates)


def test_every_function_is_counted() -> None:
    assert set(measured.FUNCTIONS) == {function.name for function in FUNCTIONS}
    for function in FUNCTIONS:
        assert (measured.FUNCTIONS[function.name] is measured.METRICS) == (function.store == "postgres")


def test_conclusions_follow() -> None:
    """A few of them, computed once more by hand."""
    assert cell("workers", 3) == f"{3_000 * (2 * 12.5 + 3 * 16.6) / 1e6 * 2:.2f}"
    daily = (15.2 + 50.5 + 49.7 + 15.2 * 0.037) * 30_000 * 86_400
    assert cell("cold, S3", 4) == f"{daily * 365 * 6 * 1.3 / 1e12:,.1f} TB"
    assert cell("`processed_events`, 11 days", 2) == f"{116 * 2 * 3_000 * 86_400 * 11 * 1.3 / 1e9:,.0f} GB"
    assert cell("`cube_cdr_hourly`", 4) == f"{measured.RECOMPUTED['cube_cdr_hourly'] * 30_000 * 3_600 / 1e6 / 15:.1f}"
    assert cell("the largest, 3,000/s", 2) == "1,296 million"


def cell(row: str, column: int) -> str:
    """The text of a table's cell; columns count from 1."""
    [line] = [line for line in PAGE.splitlines() if line.startswith(f"| {row} |")]
    return line.split("|")[column].strip()


def test_a_rate_and_its_headroom_are_met() -> None:
    for rate in capacity.RATES:
        for name in measured.FUNCTIONS:
            one = measured.WORKER if measured.FUNCTIONS[name] is measured.METRICS else measured.FACT_WORKER
            assert capacity.processes(name, rate) * one >= rate * capacity.HEADROOM
