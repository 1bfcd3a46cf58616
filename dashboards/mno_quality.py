"""How well each mobile network delivers: a row an MNO."""

from typing import Final

from dashboards import variables
from dashboards.board import Board, Row
from dashboards.panels import Panel, heatmap, lines
from dashboards.sources import CLICKHOUSE, clickhouse, statement

SHARE: Final = {"max": 1}
BY_NAME: Final = {"displayName": "${__field.labels.mno}"}

OVERVIEW: Final = lines(
    Panel(
        "Delivery rate of every MNO",
        "Delivered of the final reports, by hour; all lanes and prefixes. Finals only: what is pending is not in it.",
        ("mno-quality",),
        (clickhouse(statement("delivery_rates")),),
        unit="percentunit",
        width=24,
    ),
    axis=SHARE | BY_NAME,
    interval="1h",
)
DELIVERY: Final = lines(
    Panel(
        "Delivery rate",
        "Delivered of the final reports, by hour.",
        ("mno-quality",),
        (clickhouse(statement("reports", "delivery_rate")),),
        unit="percentunit",
        width=6,
    ),
    axis=SHARE,
    interval="1h",
)
LATENCY: Final = heatmap(
    Panel(
        "DLR latency, P95",
        "From the submission of a message to its final report, by lane; within 0.2 % of the exact percentile.",
        ("mno-quality",),
        (clickhouse(statement("reports", "latency_p95")),),
        unit="ms",
        width=7,
    ),
    interval="1h",
    maxDataPoints=84,
)
ERRORS: Final = lines(
    Panel(
        "ESME errors",
        "Final reports with an error code, by code. Read from the facts, as no cube has codes.",
        ("mno-quality",),
        (clickhouse(statement("error_codes")),),
        unit="short",
        width=6,
    ),
    bars=True,
    axis={"min": 0, "displayName": "${__field.labels.code}"},
    interval="1h",
    maxDataPoints=42,
)
UTILISATION: Final = lines(
    Panel(
        "TPS utilisation",
        "The highest rate that a link reported in the hour, of what it can carry. Reports do not tell that: it is the "
        "number given as TPS capacity, or else the highest rate of 90 days.",
        ("mno-quality",),
        (clickhouse(statement("reports", "tps_utilisation")),),
        unit="percentunit",
        width=5,
    ),
    interval="1h",
)

BOARD: Final = Board(
    "mno-quality",
    "anlyt: MNO quality",
    "How well each mobile network delivers, over all tenants: for the platform's own people only.",
    (
        variables.source(CLICKHOUSE),
        variables.queried("mno", "MNO", statement("mnos")),
        variables.queried("lane", "Lane", statement("lanes")),
        variables.queried("prefix", "Destination prefix", statement("prefixes"), everything=variables.ANY_PREFIX),
        variables.textbox("capacity", "TPS capacity", "Of a link of each MNO, as in: AWCC=420, ROSHAN=400"),
        variables.runbooks(),
    ),
    (
        Row("All networks", (OVERVIEW,)),
        Row("$mno", (DELIVERY, LATENCY, ERRORS, UTILISATION), repeat="mno"),
    ),
    since="now-7d",
    refresh="5m",
)
