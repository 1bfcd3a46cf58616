"""The board of delivery quality, with one row per MNO."""

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
        "Delivered share of the final reports, by hour, over all lanes and prefixes. Pending reports do not count.",
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
        "Delivered share of the final reports, by hour.",
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
        "Time from a message's submission to its final report, by lane; within 0.2 % of the exact percentile.",
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
        "Final reports with an error code, by code. Read from the facts, because cubes have no codes.",
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
        "The highest rate that a link reported in the hour, relative to its capacity. The capacity is the number given "
        "as TPS capacity, or else the highest rate of 90 days, because reports do not contain it.",
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
    "Delivery quality of each mobile network, over all tenants. Only for the platform's own staff.",
    (
        variables.source(CLICKHOUSE),
        variables.queried("mno", "MNO", statement("mnos")),
        variables.queried("lane", "Lane", statement("lanes")),
        variables.queried("prefix", "Destination prefix", statement("prefixes"), everything=variables.ANY_PREFIX),
        variables.textbox("capacity", "TPS capacity", "The capacity of one link, by MNO: AWCC=420, ROSHAN=400"),
        variables.runbooks(),
    ),
    (
        Row("All networks", (OVERVIEW,)),
        Row("$mno", (DELIVERY, LATENCY, ERRORS, UTILISATION), repeat="mno"),
    ),
    since="now-7d",
    refresh="5m",
)
