"""The metrics of runs, read from PostgreSQL, so that every process shows the runs of all processes."""

from collections import defaultdict
from pathlib import Path
from typing import Final, get_args

import msgspec

from infra.kept_metrics import BucketTotal, KeptHistogram
from infra.metrics import (
    PIPELINE_COUNTS,
    PIPELINE_DURATION,
    PIPELINE_FAILURES,
    PIPELINE_LAST_DURATION,
    PIPELINE_LAST_SUCCESS,
    PIPELINE_RUNS,
    ROLLUP_DURATION,
)
from infra.postgres import Connection
from infra.sql import statement
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores
from schema.statuses import RunEnd

SQL: Final = Path(__file__).parent / "sql"
NEWEST_SUCCESSES: Final = statement(SQL, "newest_successes")
OBSERVE: Final = statement(SQL, "observe_duration")
RUN_TOTALS: Final = "select name, status, runs from anlyt.pipeline_totals"
DURATION_TOTALS: Final = "select family, label, le, observations, seconds from anlyt.duration_totals"
HISTOGRAMS: Final = (PIPELINE_DURATION, ROLLUP_DURATION)


async def observe(connection: Connection, histogram: KeptHistogram, label: str, seconds: float) -> None:
    """Adds a duration to a histogram, within the caller's transaction: a rollback removes it again."""
    await connection.execute(OBSERVE, histogram.name, label, seconds, histogram.bounds)


async def measure(stores: Stores) -> None:
    """Updates all metrics of runs, also of runs in processes that Prometheus does not scrape."""
    await _newest(stores)
    await _runs(stores)
    await _durations(stores)


async def _newest(stores: Stores) -> None:
    for row in await stores.postgres.fetch(NEWEST_SUCCESSES, list(DEFINITIONS)):
        PIPELINE_LAST_SUCCESS.labels(row["name"]).set(row["finished"].timestamp())
        PIPELINE_LAST_DURATION.labels(row["name"]).set(row["seconds"])
        for what, count in msgspec.json.decode(row["counts"], type=dict[str, int]).items():
            PIPELINE_COUNTS.labels(row["name"], what).set(count)


async def _runs(stores: Stores) -> None:
    """Shows 0 where no run happened: Prometheus sees no increase in a counter that first appears at 1."""
    totals = {(row["name"], row["status"]): row["runs"] for row in await stores.postgres.fetch(RUN_TOTALS)}
    ends: tuple[RunEnd, ...] = get_args(RunEnd)
    PIPELINE_RUNS.show({(name, end.lower()): totals.get((name, end), 0) for name in DEFINITIONS for end in ends})
    PIPELINE_FAILURES.show({(name,): totals.get((name, "FAILED"), 0) for name in DEFINITIONS})


async def _durations(stores: Stores) -> None:
    totals: dict[str, dict[str, dict[float, BucketTotal]]] = defaultdict(lambda: defaultdict(dict))
    for row in await stores.postgres.fetch(DURATION_TOTALS):
        totals[row["family"]][row["label"]][row["le"]] = BucketTotal(row["observations"], row["seconds"])
    for histogram in HISTOGRAMS:
        histogram.show(totals[histogram.name])
