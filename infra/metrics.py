"""All Prometheus families of the product, with their meanings.

No tenant, account or message id is ever a label.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Final

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

from infra.kept_metrics import KeptCounter, KeptHistogram
from infra.telemetry import exemplar

# Nobody reads the `_created` series, of which each counter and histogram would have one.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped

FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 86400)

EVENTS_PROCESSED: Final = Counter(
    "anlyt_events_processed_total",
    "Events handled, by event type and result: counted or duplicate (PostgreSQL), stored (ClickHouse, copies included) "
    "or deadletter.",
    ["type", "result"],
)
COPIES_DISCARDED: Final = Counter(
    "anlyt_copies_discarded_total",
    "Copies of an event that were counted and then removed, because the stream had stored another copy first; by "
    "projection (a function of ingest, or a table of facts).",
    ["projection"],
)
PROCESSING_LAG: Final = Histogram(
    "anlyt_events_processing_lag_seconds",
    "From an event's arrival in its stream to the commit that counts it (newest of each batch).",
    buckets=LAG,
)
INGEST_LAG: Final = Gauge(
    "anlyt_ingest_lag_seconds",
    "Age in its stream of the oldest event that a function has not stored yet; 0 when it has stored them all.",
    ["function"],
)
UPSERT_DURATION: Final = Histogram(
    "anlyt_upsert_duration_seconds", "One multi-row upsert or insert of a batch, by table.", ["table"], buckets=FAST
)
QUERY_DURATION: Final = Histogram(
    "anlyt_query_duration_seconds",
    "One request of REST, GraphQL or a page, from its arrival to its answer, by endpoint.",
    ["endpoint"],
    buckets=FAST,
)
REQUESTS: Final = Counter(
    "anlyt_http_requests_total",
    "Requests answered, by endpoint (none: no such path, or refused before it was begun) and HTTP status. For GraphQL, "
    "the status of the answer's worst error, as REST would send it.",
    ["endpoint", "status"],
)
CONTRADICTED_PAIRS: Final = Counter(
    "anlyt_contradicted_pairs_total",
    "Pairs of tenant and account that customers' requests named and that call detail records contradict, each counted "
    "once by a process; the log says which.",
)
CONSUMER_PENDING: Final = Gauge(
    "anlyt_nats_consumer_pending",
    "Messages of a durable consumer that are not delivered or not acknowledged yet.",
    ["consumer"],
)
PG_ERRORS: Final = Counter(
    "anlyt_pg_errors_total", "PostgreSQL operations that failed (each is retried or answered 503).", ["op"]
)
REFUSED: Final = Counter(
    "anlyt_refused_total",
    "Requests answered 503 while the engine was available: postgres_slow and clickhouse_slow (cancelled at the time "
    "limit), overloaded (too many requests at once).",
    ["reason"],
)
DESERIALIZATION_ERRORS: Final = Counter(
    "anlyt_deserialization_errors_total",
    "Events that could not be decoded, by event type.",
    ["type"],
)
PROCESSED_EVENTS_ROWS: Final = Gauge(
    "anlyt_processed_events_table_size_rows", "Rows of the dedup ledger, as PostgreSQL estimates them."
)
GAUGES_MEASURED: Final = Gauge(
    "anlyt_gauges_measured_timestamp_seconds",
    "When all gauges of a part of the service (ingest, pipelines) were last measured; 0: never. While an engine is "
    "unavailable, they keep their values.",
    ["part"],
)
DATA_AS_OF: Final = Gauge(
    "anlyt_data_as_of_timestamp_seconds",
    "Newest event time stored, by projection.",
    ["projection"],
)
DEADLETTERS: Final = Counter(
    "anlyt_deadletter_total", "Events published to the dead-letter stream.", ["stream", "reason"]
)
DEADLETTER_LIMIT_PASSED: Final = Gauge(
    "anlyt_deadletter_limit_passed",
    "1 since a function has stopped because too many of its last messages were bad; else 0.",
    ["function"],
)
AUDIT_EXPORTS: Final = Counter(
    "anlyt_audit_exports_total", "Exports that ended: done, failed, cancelled or expired.", ["result"]
)
EXPORTS: Final = Counter(
    "anlyt_exports_total", "Exports of queries that ended: done, failed, cancelled or expired.", ["result"]
)
PIPELINE_DURATION: Final = KeptHistogram(
    "anlyt_pipeline_duration_seconds",
    "One successful run of a pipeline, in any process; all runs since the database was created.",
    "pipeline",
    LAG,
)
PIPELINE_RUNS: Final = KeptCounter(
    "anlyt_pipeline_runs",
    "Runs of a pipeline, in any process, by result: succeeded, failed or abandoned (killed or stopped).",
    ["pipeline", "result"],
)
PIPELINE_LAST_DURATION: Final = Gauge(
    "anlyt_pipeline_last_duration_seconds",
    "How long the newest successful run of the pipeline took, in any process.",
    ["pipeline"],
)
PIPELINE_COUNTS: Final = Gauge(
    "anlyt_pipeline_last_counts",
    "Counts of the pipeline's newest successful run, in any process.",
    ["pipeline", "count"],
)
PIPELINE_LAST_SUCCESS: Final = Gauge(
    "anlyt_pipeline_last_success_timestamp_seconds",
    "When a run of the pipeline last succeeded, in any process.",
    ["pipeline"],
)
CUBE_FRESHNESS: Final = Gauge(
    "anlyt_cube_freshness_seconds",
    "Age of the oldest change of the facts that the cube does not show yet; 0 when it shows them all.",
    ["cube"],
)
PIPELINE_FAILURES: Final = KeptCounter(
    "anlyt_pipeline_failures",
    "Runs of a pipeline that failed, in any process. A run that did not reach PostgreSQL is in the log only.",
    ["pipeline"],
)
RECONCILIATION_DIVERGENCE: Final = Gauge(
    "anlyt_reconciliation_divergence_ratio",
    "Difference between our cost of a UTC day and billing's, relative to billing's, for the currency that differs "
    "most. From the last comparison: days of the last month, and older days that are not OK. 1 for a missing or "
    "invalid total.",
    ["day"],
)
INTEGRITY_DIFFERENCES: Final = Gauge(
    "anlyt_integrity_differences",
    "Differences between compliance facts and their hash chain, found by the last run of the pipeline integrity.",
)
TLOG_PUBLISHED: Final = Gauge(
    "anlyt_tlog_published_timestamp_seconds",
    "When the newest checkpoint of the transparency log was published: signed by it and by enough witnesses.",
)
CROSSCHECK_DIFFERENCES: Final = Gauge(
    "anlyt_crosscheck_differences",
    "Questions of the pipeline crosscheck whose two statements must give the same numbers, and do not.",
)
CROSSCHECK_SUSPICIONS: Final = Gauge(
    "anlyt_crosscheck_suspicions",
    "Questions of the pipeline crosscheck whose two statements gave different numbers, and that are read again.",
)
ROLLUP_DURATION: Final = KeptHistogram(
    "anlyt_rollup_duration_seconds",
    "One period summed from the finer granularity, in any process; daily: a day from its hours.",
    "granularity",
    FAST,
)


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Adds the duration of the body, also of a failed one, with the current trace as its exemplar."""
    started = perf_counter()
    try:
        yield
    finally:
        histogram.observe(perf_counter() - started, exemplar())
