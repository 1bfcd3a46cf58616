"""The freshness board: the newest event of every projection, the age of cubes and gauges, and the pipelines."""

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
        "It also grows while producers are quiet; consumer lag grows only when ingest is behind.",
        ("AnlytConsumerLagHigh",),
        (promql("time() - max by (projection) (anlyt_data_as_of_timestamp_seconds)", "{{projection}}"),),
        unit="s",
    )
)
PROCESSING_LAG: Final = lines(
    Panel(
        "From arrival to commit, P95",
        "Time of a batch's newest event from its arrival in the stream to the commit that counts it.",
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
        "Cube lag",
        "Age of the oldest change of the facts that a cube does not include yet. Line: AnlytCubeStale.",
        ("AnlytCubeStale",),
        (promql(limit("AnlytCubeStale").expression, "{{cube}}"),),
        unit="s",
    ),
    limit("AnlytCubeStale"),
)
GAUGES: Final = lines(
    Panel(
        "Age of the gauges",
        "Time since ingest and pipelines updated their gauges. While it grows, other panels are stale. "
        "Line: AnlytGaugesStale.",
        ("AnlytGaugesStale",),
        (promql(limit("AnlytGaugesStale").expression, "{{part}}"),),
        unit="s",
    ),
    limit("AnlytGaugesStale"),
)
ROLLUP: Final = lines(
    Panel(
        "Time since the last rollup",
        "Without rollups, reports stay exact but become slower. Line: AnlytRollupFailed.",
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
        "Time since the last quality signals and copies",
        "quality publishes operator.quality.v1 every minute, copies corrects the facts. Line: AnlytPipelineLate.",
        ("AnlytPipelineLate", "pipelines"),
        (promql(_EVERY_MINUTE.expression, "{{pipeline}}"),),
        unit="s",
        width=8,
    ),
    _EVERY_MINUTE,
)
DAILY: Final = lines(
    Panel(
        "Time since the last daily runs",
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
        "Facts of closed days that differ from the hash chain. AnlytIntegrityDiffers fires for the first one.",
        ("AnlytIntegrityDiffers", "integrity"),
        (promql(limit("AnlytIntegrityDiffers").expression, "differences"),),
        unit="short",
        width=8,
        height=5,
    ),
    limit("AnlytIntegrityDiffers"),
)
CHECKPOINT: Final = lines(
    Panel(
        "Age of the published checkpoint",
        "Time since enough witnesses signed a checkpoint of the transparency log. Line: AnlytCheckpointNotPublished.",
        ("AnlytCheckpointNotPublished", "integrity"),
        (promql(limit("AnlytCheckpointNotPublished").expression, "age"),),
        unit="s",
        width=8,
        height=5,
    ),
    limit("AnlytCheckpointNotPublished"),
)
CROSSCHECK: Final = lines(
    Panel(
        "Numbers that differ",
        "Pairs of statements that must give the same numbers, and do not. Line: AnlytCrosscheckDiffers.",
        ("AnlytCrosscheckDiffers", "pipelines"),
        (promql(limit("AnlytCrosscheckDiffers").expression, "differences"),),
        unit="short",
        width=8,
        height=5,
    ),
    limit("AnlytCrosscheckDiffers"),
)
FUNCTIONS: Final = table(
    Panel(
        "PostgreSQL: newest events",
        "The newest event that each function has counted, read from the store: correct even while gauges are stale.",
        ("AnlytGaugesStale", "AnlytConsumerLagHigh"),
        (postgres(statement("functions_as_of"), "table"),),
        unit="none",
        height=7,
    )
)
STORES: Final = table(
    Panel(
        "ClickHouse: newest events",
        "The newest event in each fact table and each cube, read from the store.",
        ("AnlytGaugesStale", "AnlytCubeStale"),
        (clickhouse(statement("stores_as_of"), "table"),),
        unit="none",
        height=7,
    )
)

BOARD: Final = Board(
    "freshness",
    "anlyt: freshness",
    "The freshness of answers, in every projection. Lines show where alerts fire.",
    (
        variables.source(PROMETHEUS),
        variables.source(POSTGRES),
        variables.source(CLICKHOUSE),
        variables.job(),
        variables.runbooks(),
    ),
    (
        Row("How fresh are the answers?", (AS_OF, AGE, PROCESSING_LAG)),
        Row("Do cubes and gauges keep up?", (CUBES, GAUGES)),
        Row("Do the pipelines run?", (ROLLUP, QUALITY, DAILY, CHAIN, CHECKPOINT, CROSSCHECK)),
        Row("What do the stores report?", (FUNCTIONS, STORES)),
    ),
    since="now-3h",
    refresh="30s",
)
