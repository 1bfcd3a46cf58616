"""The pipeline board: lag, rates, deduplication, errors, dead letters, API latency and pipeline runs."""

from typing import Final

from dashboards import variables
from dashboards.board import Board, Row
from dashboards.limits import limit, sides
from dashboards.panels import Panel, lines, table, values
from dashboards.sources import POSTGRES, PROMETHEUS, postgres, promql, statement

LAG: Final = lines(
    Panel(
        "Consumer lag",
        "Age of the oldest event that is not stored yet. Orange: AnlytIngestLagHigh; red: AnlytConsumerLagHigh.",
        ("AnlytConsumerLagHigh", "AnlytIngestLagHigh"),
        (promql(limit("AnlytConsumerLagHigh").expression, "{{function}}"),),
        unit="s",
    ),
    limit("AnlytIngestLagHigh"),
    limit("AnlytConsumerLagHigh"),
)
PENDING: Final = lines(
    Panel(
        "Messages waiting",
        "Messages that each durable consumer has not received or not acknowledged yet.",
        ("AnlytConsumerLagHigh",),
        (promql("max by (consumer) (anlyt_nats_consumer_pending)", "{{consumer}}"),),
        unit="short",
    )
)
RATES: Final = lines(
    Panel(
        "Processed events",
        "Per second, by event and result: counted, duplicate (PostgreSQL), stored (ClickHouse, with copies), "
        "deadletter.",
        ("AnlytConsumerLagHigh",),
        (
            promql(
                "sum by (type, result) (rate(anlyt_events_processed_total[$__rate_interval]))", "{{type}} {{result}}"
            ),
        ),
        unit="eps",
        width=8,
    )
)
DUPLICATES: Final = lines(
    Panel(
        "Duplicates",
        "Share of the events for PostgreSQL that had been counted before and were skipped.",
        ("AnlytProcessedEventsGrowth", "AnlytCopiesDiscarded"),
        (
            promql(
                'sum by (type) (rate(anlyt_events_processed_total{result="duplicate"}[$__rate_interval])) / '
                'sum by (type) (rate(anlyt_events_processed_total{result=~"counted|duplicate"}[$__rate_interval]))',
                "{{type}}",
            ),
        ),
        unit="percentunit",
        width=8,
    )
)
_LEDGER_ROWS, _EXPECTED_ROWS = sides("AnlytProcessedEventsGrowth")
LEDGER: Final = lines(
    Panel(
        "Dedup ledger",
        "PostgreSQL's estimate of the rows of anlyt.processed_events, and the maximum that AnlytProcessedEventsGrowth "
        "expects. The maximum needs 11 days of data in Prometheus.",
        ("AnlytProcessedEventsGrowth",),
        (promql(_LEDGER_ROWS, "rows"), promql(_EXPECTED_ROWS, "at most")),
        unit="short",
        width=8,
    )
)
UNDECODABLE: Final = lines(
    Panel(
        "Events that cannot be decoded",
        "Undecodable events, by type. AnlytDeserializationErrors fires for the first one.",
        ("AnlytDeserializationErrors",),
        (promql("sum by (type) (increase(anlyt_deserialization_errors_total[$__rate_interval]))", "{{type}}"),),
        unit="short",
        width=8,
    ),
    bars=True,
)
DEAD_LETTERS: Final = lines(
    Panel(
        "Dead letters",
        "New messages in ANLYT_DEADLETTER, by stream and reason: one per bad report and function that reads it.",
        ("dead-letters", "AnlytDeserializationErrors", "AnlytDeadletterLimit"),
        (
            promql(
                "sum by (stream, reason) (increase(anlyt_deadletter_total[$__rate_interval]))", "{{stream}} {{reason}}"
            ),
        ),
        unit="short",
        width=8,
    ),
    bars=True,
)
POSTGRES_ERRORS: Final = lines(
    Panel(
        "PostgreSQL errors",
        "Operations that failed within 5 minutes. Each was retried or answered with 503. Line: AnlytPgErrors.",
        ("AnlytPgErrors", "postgresql-fail-over"),
        (promql(limit("AnlytPgErrors").expression, "{{op}}"),),
        unit="short",
        width=8,
    ),
    limit("AnlytPgErrors"),
)
REQUESTS: Final = lines(
    Panel(
        "Requests",
        "Requests per second, by endpoint of REST and GraphQL.",
        ("AnlytApiLatencyHigh",),
        (promql("sum by (endpoint) (rate(anlyt_query_duration_seconds_count[$__rate_interval]))", "{{endpoint}}"),),
        unit="reqps",
    )
)
ERRORS: Final = lines(
    Panel(
        "Server errors",
        "Share of requests answered with a 5xx status within 5 minutes, by endpoint. Line: AnlytApiErrors.",
        ("AnlytApiErrors", "AnlytEngineSlow", "AnlytOverloaded"),
        (promql(limit("AnlytApiErrors").expression, "{{endpoint}}"),),
        unit="percentunit",
    ),
    limit("AnlytApiErrors"),
)
LATENCY: Final = lines(
    Panel(
        "Answer time, P95",
        "By endpoint, over 5 minutes. Line: AnlytApiLatencyHigh, for endpoints with at least 20 requests.",
        ("AnlytApiLatencyHigh",),
        (promql(limit("AnlytApiLatencyHigh").expression, "{{endpoint}}"),),
        unit="s",
    ),
    limit("AnlytApiLatencyHigh"),
)
WRITES: Final = lines(
    Panel(
        "Write time, P95",
        "Duration of a batch's multi-row upsert or insert, by table.",
        ("AnlytPgErrors", "clickhouse-node-loss"),
        (
            promql(
                "histogram_quantile(0.95, "
                "sum by (le, table) (rate(anlyt_upsert_duration_seconds_bucket[$__rate_interval])))",
                "{{table}}",
            ),
        ),
        unit="s",
    )
)
PROCESSES: Final = lines(
    Panel(
        "Scraped processes",
        "Processes that Prometheus can scrape, by job. AnlytTargetDown fires if a scrape fails or none is there.",
        ("AnlytTargetDown",),
        (promql("sum by (job) (up)", "{{job}}"),),
        unit="short",
        width=8,
    )
)
RUNS: Final = table(
    Panel(
        "Pipeline runs",
        "The last three runs of each pipeline, from anlyt.pipeline_runs.",
        ("pipelines", "AnlytPipelineLate", "AnlytRollupFailed"),
        (postgres(statement("pipeline_runs"), "table"),),
        unit="none",
        width=16,
    ),
    took="s",
)
BUDGETS: Final = values(
    Panel(
        "Error budgets left",
        "What is left of each objective's errors of 30 days; below 0 %, the objective was missed.",
        ("AnlytSloBurnSlow", "AnlytSloBurnFast"),
        (promql("1 - anlyt:slo_burn:rate30d", "{{slo}}"),),
        unit="percentunit",
        width=8,
    )
)
BURN_RATES: Final = lines(
    Panel(
        "Burn rates of the last hour",
        "How many times faster than allowed the budgets are used. At 1, a budget lasts 30 days; at 14.4, two days.",
        ("AnlytSloBurnFast", "AnlytSloBurnSlow"),
        (promql("anlyt:slo_burn:rate1h", "{{slo}}"),),
        unit="none",
        width=16,
    )
)

BOARD: Final = Board(
    "pipeline",
    "anlyt: pipeline",
    "Are all events counted, and does everything run? Lines show where alerts fire.",
    (
        variables.source(PROMETHEUS),
        variables.source(POSTGRES),
        variables.job(),
        variables.runbooks(),
    ),
    (
        Row("Are the objectives kept?", (BUDGETS, BURN_RATES)),
        Row("Is everything counted?", (LAG, PENDING, RATES, DUPLICATES, LEDGER)),
        Row("Which events could not be counted?", (UNDECODABLE, DEAD_LETTERS, POSTGRES_ERRORS)),
        Row("Are requests answered, and fast?", (REQUESTS, ERRORS, LATENCY, WRITES)),
        Row("Does everything run?", (PROCESSES, RUNS)),
    ),
    since="now-3h",
    refresh="30s",
)
