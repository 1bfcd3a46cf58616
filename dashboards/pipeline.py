"""Is everything counted, and does everything run: lag, rates, dedup, errors, dead letters, answers, pipelines."""

from typing import Final

from dashboards import variables
from dashboards.board import Board, Row
from dashboards.limits import limit, sides
from dashboards.panels import Panel, lines, table
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
        "What each durable consumer has not been given or has not acknowledged yet.",
        ("AnlytConsumerLagHigh",),
        (promql("max by (consumer) (anlyt_nats_consumer_pending)", "{{consumer}}"),),
        unit="short",
    )
)
RATES: Final = lines(
    Panel(
        "Events handled",
        "A second, by event and result: counted, duplicate (PostgreSQL), stored (ClickHouse, with copies), deadletter.",
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
        "Share of what reached PostgreSQL that had been counted before, and was not counted again.",
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
_REMEMBERED, _EXPECTED = sides("AnlytProcessedEventsGrowth")
LEDGER: Final = lines(
    Panel(
        "Dedup ledger",
        "Rows of anlyt.processed_events, as PostgreSQL estimates them, and how many AnlytProcessedEventsGrowth expects "
        "at most, once Prometheus has seen 11 days.",
        ("AnlytProcessedEventsGrowth",),
        (promql(_REMEMBERED, "rows"), promql(_EXPECTED, "at most")),
        unit="short",
        width=8,
    )
)
UNDECODABLE: Final = lines(
    Panel(
        "Events that cannot be decoded",
        "By event; AnlytDeserializationErrors fires for the first one.",
        ("AnlytDeserializationErrors",),
        (promql("sum by (type) (increase(anlyt_deserialization_errors_total[$__rate_interval]))", "{{type}}"),),
        unit="short",
        width=8,
    ),
    bars=True,
)
LETTERS: Final = lines(
    Panel(
        "Dead letters",
        "In ANLYT_DEADLETTER, by stream and reason; a bad report gives a letter for each function that reads it.",
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
        "Operations that failed within 5 minutes, each retried or answered 503. Line: AnlytPgErrors.",
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
        "A second, by endpoint of REST and GraphQL.",
        ("AnlytApiLatencyHigh",),
        (promql("sum by (endpoint) (rate(anlyt_query_duration_seconds_count[$__rate_interval]))", "{{endpoint}}"),),
        unit="reqps",
    )
)
ERRORS: Final = lines(
    Panel(
        "Requests that fail on our side",
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
        "By endpoint, over 5 minutes. Line: AnlytApiLatencyHigh, for endpoints with 20 requests in them.",
        ("AnlytApiLatencyHigh",),
        (promql(limit("AnlytApiLatencyHigh").expression, "{{endpoint}}"),),
        unit="s",
    ),
    limit("AnlytApiLatencyHigh"),
)
WRITES: Final = lines(
    Panel(
        "Write time, P95",
        "One multi-row upsert or insert of a batch, by table.",
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
        "Processes that answer Prometheus",
        "By job; AnlytTargetDown fires for one that does not, or when there is none.",
        ("AnlytTargetDown",),
        (promql("sum by (job) (up)", "{{job}}"),),
        unit="short",
        width=8,
    )
)
RUNS: Final = table(
    Panel(
        "Runs of pipelines",
        "The last three of each, as anlyt.pipeline_runs has them.",
        ("pipelines", "AnlytPipelineLate", "AnlytRollupFailed"),
        (postgres(statement("pipeline_runs"), "table"),),
        unit="none",
        width=16,
    ),
    took="s",
)

BOARD: Final = Board(
    "pipeline",
    "anlyt: pipeline",
    "Is everything counted, and does everything run. Lines are where alerts fire.",
    (
        variables.source(PROMETHEUS),
        variables.source(POSTGRES),
        variables.job(),
        variables.runbooks(),
    ),
    (
        Row("Is everything counted?", (LAG, PENDING, RATES, DUPLICATES, LEDGER)),
        Row("What could not be counted?", (UNDECODABLE, LETTERS, POSTGRES_ERRORS)),
        Row("Are answers quick, and are there any?", (REQUESTS, ERRORS, LATENCY, WRITES)),
        Row("Does everything run?", (PROCESSES, RUNS)),
    ),
    since="now-3h",
    refresh="30s",
)
