"""What docs/benchmarks.md has measured, for docs/capacity.md; a test holds each figure against that page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

HOUR: Final = 3_600  # seconds
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU microseconds an event, by who spends them (docs/benchmarks.md)."""

    worker: float
    store: float
    nats: float


# A row of the table "Ingest", that of the idlest machine; "Facts", CPU us a fact.
METRICS: Final = Cost(worker=12.5, store=5.6, nats=8.6)
FACTS: Final = Cost(worker=16.6, store=4.5, nats=9.3)
FUNCTIONS: Final[Mapping[str, Cost]] = {
    "billing_metrics": METRICS,
    "delivery_metrics": METRICS,
    "dlr_facts": FACTS,
    "cdr_facts": FACTS,
    "compliance_facts": FACTS,
}
"""A message of the platform is one event for each. Measured are `delivery_metrics` and `dlr_facts`."""

# Bytes (docs/benchmarks.md, "Cubes" and "What a row takes").
FACT_BYTES: Final[Mapping[str, float]] = {"facts_dlr": 15.2, "facts_cdr": 50.5, "facts_compliance": 49.7}
CUBES: Final = 0.037  # of facts_dlr
CLAIM: Final = 116
HOUR_ROW: Final = 660
STORED_MESSAGE: Final = 397
STREAMS: Final = 4  # of events, one message each for a message of the platform
CLAIMS: Final = 2  # billing_metrics, delivery_metrics

# CPU us for each fact of an hour that is computed again in the evening, days included ("Cells again").
RECOMPUTED: Final[Mapping[str, float]] = {
    "cube_dlr_hourly": 0.620,
    "cube_cdr_hourly": 0.375,
    "cube_compliance_hourly": 0.332,
}

# Rates of one process, or of two cores (docs/benchmarks.md).
WORKER: Final = 55_000  # events/s, "Ingest"
FACT_WORKER: Final = 48_519  # events/s, "Facts"
SUMMARIES: Final = 363  # over REST a second, "Reports"
USAGES: Final = 154
SCAN: Final = 20_000_000 / 0.539  # facts a second, "Cubes": FINAL, by day and status
CUBE_SCAN: Final = 6_850_428 / 0.231  # rows of cube_dlr_hourly a second, "Cubes"
DENSE_HOUR: Final = 30_175  # rows of a cube for one hour of 10,000,000 reports, "Cubes"
MOST_ROWS: Final = 10**9  # that a statement may read, decision 15
