"""How new are the answers: the newest event in every projection, cubes behind their facts, gauges, pipelines."""

from typing import Final

from dashboards import variables
from dashboards.board import Board, Row
from dashboards.limits import limit, limits
from dashboards.panels import Panel, lines, table, values
from dashboards.sources import CLICKHOUSE, POSTGRES, PROMETHEUS, clickhouse, postgres, promql, statement

AS_OF: Final = values(
    Panel(
        "Newest event",
        "dataAsOf of every projection: PostgreSQL's functions, ClickHouse's facts and cubes.",
        ("AnlytConsumerLagHigh", "AnlytCubeStale"),
        (promql("1000 * max by (projection) (anlyt_data_as_of_timestamp_seconds)", "{{projection}}"),),
        unit="dateTimeFromNow",
        width=24,
        height=5,
    )
)
AGE: Final = lines(
    Panel(
        "Age of the newest event",
        "It grows while producers are quiet, too: consumer lag tells the one from the other.",
        ("AnlytConsumerLagHigh",),
        (promql("time() - max by (projection) (anlyt_data_as_of_timestamp_seconds)", "{{projection}}"),),
        unit="s",
    )
)
COUNTED: Final = lines(
    Panel(
        "From arrival to commit, P95",
        "How long the newest event of a batch took from its stream to the commit that counts it.",
        ("AnlytIngestLagHigh", "AnlytConsumerLagHigh"),
        (
            promql(
                "histogram_quantile(0.95, "
                "sum by (le) (rate(anlyt_events_processing_lag_seconds_bucket[$__rate_interval])))",
                "P95",
            ),
        ),
        unit="s",
    )
)
CUBES: Final = lines(
    Panel(
        "Cubes behind their facts",
        "Age of the oldest change of the facts that a cube does not show yet. Line: AnlytCubeStale.",
        ("AnlytCubeStale",),
        (promql(limit("AnlytCubeStale").expression, "{{cube}}"),),
        unit="s",
    ),
    limit("AnlytCubeStale"),
)
GAUGES: Final = lines(
    Panel(
        "Age of the gauges",
        "Since ingest and pipelines measured theirs; while it grows, other panels are old. Line: AnlytGaugesStale.",
        ("AnlytGaugesStale",),
        (promql(limit("AnlytGaugesStale").expression, "{{part}}"),),
        unit="s",
    ),
    limit("AnlytGaugesStale"),
)
ROLLUP: Final = lines(
    Panel(
        "Since the last rollup",
        "Reports stay exact without it, and become slower. Line: AnlytRollupFailed.",
        ("AnlytRollupFailed", "rollup"),
        (promql(limit("AnlytRollupFailed").expression, "rollup"),),
        unit="s",
        width=8,
    ),
    limit("AnlytRollupFailed"),
)
_EVERY_MINUTE, _EVERY_DAY = limits("AnlytPipelineLate")
QUALITY: Final = lines(
    Panel(
        "Since the last signals of quality",
        "operator.quality.v1 goes out every minute. Line: AnlytPipelineLate.",
        ("AnlytPipelineLate", "pipelines"),
        (promql(_EVERY_MINUTE.expression, "{{pipeline}}"),),
        unit="s",
        width=8,
    ),
    _EVERY_MINUTE,
)
DAILY: Final = lines(
    Panel(
        "Since the last daily runs",
        "Reconciliation, archive, maintenance and integrity run every night. Line: AnlytPipelineLate.",
        ("AnlytPipelineLate", "pipelines"),
        (promql(_EVERY_DAY.expression, "{{pipeline}}"),),
        unit="s",
        width=8,
    ),
    _EVERY_DAY,
)
CHAIN: Final = lines(
    Panel(
        "Compliance facts that differ",
        "Of closed days, from what the hash chain says; AnlytIntegrityDiffers fires for the first one.",
        ("AnlytIntegrityDiffers", "integrity"),
        (promql(limit("AnlytIntegrityDiffers").expression, "differences"),),
        unit="short",
        width=24,
        height=5,
    ),
    limit("AnlytIntegrityDiffers"),
)
FUNCTIONS: Final = table(
    Panel(
        "PostgreSQL, as it says itself",
        "The newest event that each function has counted, asked of the store: right even while gauges are stale.",
        ("AnlytGaugesStale", "AnlytConsumerLagHigh"),
        (postgres(statement("functions_as_of"), "table"),),
        unit="none",
        height=7,
    )
)
STORES: Final = table(
    Panel(
        "ClickHouse, as it says itself",
        "The newest event in each table of facts and each cube, asked of the store.",
        ("AnlytGaugesStale", "AnlytCubeStale"),
        (clickhouse(statement("stores_as_of"), "table"),),
        unit="none",
        height=7,
    )
)

BOARD: Final = Board(
    "freshness",
    "anlyt: freshness",
    "How new the answers are, in every projection. Lines are where alerts fire.",
    (
        variables.source(PROMETHEUS),
        variables.source(POSTGRES),
        variables.source(CLICKHOUSE),
        variables.job(),
        variables.runbooks(),
    ),
    (
        Row("How new are the answers?", (AS_OF, AGE, COUNTED)),
        Row("Do cubes and gauges follow?", (CUBES, GAUGES)),
        Row("Do the pipelines run?", (ROLLUP, QUALITY, DAILY, CHAIN)),
        Row("What the stores say", (FUNCTIONS, STORES)),
    ),
    since="now-3h",
    refresh="30s",
)
