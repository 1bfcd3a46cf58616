"""The finance board: cost and quality of each network, and the comparison with billing."""

from typing import Final

from dashboards import variables
from dashboards.board import Board, Row
from dashboards.limits import limit
from dashboards.panels import Panel, lines, scatter, table
from dashboards.sources import CLICKHOUSE, POSTGRES, clickhouse, postgres, statement

X, Y, SIZE = "cost per delivered SMS", "delivery rate", "messages"
NO_CONVERSION: Final = "Each currency separately: nothing is converted."

SCATTER: Final = scatter(
    Panel(
        "Cost against delivery rate, $currency",
        "One bubble per whole day and MNO; its size is the number of messages. All values come from the call detail "
        f"records in the currency. {NO_CONVERSION}",
        ("mno-quality",),
        (clickhouse(statement("cost_against_quality"), "table"),),
        unit="short",
        width=14,
        height=12,
    ),
    "mno",
    (X, Y, SIZE),
    ((X, "none"), (Y, "percentunit")),
)
DAYS: Final = lines(
    Panel(
        "Cost per day, $currency",
        f"Cost of whole days by MNO, from the call detail records. {NO_CONVERSION}",
        ("reconciliation",),
        (clickhouse(statement("cost_of_days")),),
        unit="none",
        width=24,
    ),
    bars=True,
    axis={"min": 0, "displayName": "${__field.labels.mno}"},
    interval="1d",
)
MNOS: Final = table(
    Panel(
        "MNOs, $currency",
        f"Totals over the whole days of the time range, with the exact cost. {NO_CONVERSION}",
        ("mno-quality",),
        (clickhouse(statement("cost_of_mnos"), "table"),),
        unit="short",
        width=10,
        height=12,
    ),
    **{"delivery rate": "percentunit", X: "none", "cost": "string"},
)
DIVERGENCE: Final = lines(
    Panel(
        "Divergence from billing",
        "Divergence of our cost from billing's by day and currency, in the last comparison. "
        "Line: AnlytReconciliationDivergence.",
        ("AnlytReconciliationDivergence", "reconciliation"),
        (postgres(statement("divergence")),),
        unit="percentunit",
    ),
    limit("AnlytReconciliationDivergence"),
    interval="1d",
)
COMPARISONS: Final = table(
    Panel(
        "Comparisons with billing",
        "The exact costs on both sides by day and currency, in the last comparison.",
        ("reconciliation", "AnlytReconciliationDivergence"),
        (postgres(statement("comparisons"), "table"),),
        unit="none",
    ),
    divergence="percentunit",
)

BOARD: Final = Board(
    "finance",
    "anlyt: finance",
    "Cost and quality of each network, over all tenants. Only for the platform's own staff.",
    (
        variables.source(CLICKHOUSE),
        variables.source(POSTGRES),
        variables.queried("currency", "Currency", statement("currencies")),
        variables.runbooks(),
    ),
    (
        Row("$currency", (SCATTER, MNOS, DAYS), repeat="currency"),
        Row("Does it match billing?", (DIVERGENCE, COMPARISONS)),
    ),
    since="now-30d",
    refresh="15m",
)
