"""What each network costs, against how well it delivers; and whether our money is billing's."""

from typing import Final

from dashboards import variables
from dashboards.board import Board, Row
from dashboards.limits import limit
from dashboards.panels import Panel, lines, scatter, table
from dashboards.sources import CLICKHOUSE, POSTGRES, clickhouse, postgres, statement

X, Y, SIZE = "cost per delivered SMS", "delivery rate", "messages"
NOTHING_IS_CONVERTED: Final = "Each currency by itself: nothing is converted."

SCATTER: Final = scatter(
    Panel(
        "Cost against delivery rate, $currency",
        "A bubble a whole day and MNO; its size is the number of messages. All of it comes from the call detail "
        f"records of the currency. {NOTHING_IS_CONVERTED}",
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
        "Cost of a day, $currency",
        f"Whole days by MNO, of the call detail records. {NOTHING_IS_CONVERTED}",
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
        f"The whole days of the time range; cost to the last digit. {NOTHING_IS_CONVERTED}",
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
        "Our cost against billing's",
        "Divergence of each day and currency, as compared last. Line: AnlytReconciliationDivergence.",
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
        "Both sides of each day and currency, to the last digit, as compared last.",
        ("reconciliation", "AnlytReconciliationDivergence"),
        (postgres(statement("comparisons"), "table"),),
        unit="none",
    ),
    divergence="percentunit",
)

BOARD: Final = Board(
    "finance",
    "anlyt: finance",
    "What each network costs against how well it delivers, over all tenants: for the platform's own people only.",
    (
        variables.source(CLICKHOUSE),
        variables.source(POSTGRES),
        variables.queried("currency", "Currency", statement("currencies")),
        variables.runbooks(),
    ),
    (
        Row("$currency", (SCATTER, MNOS, DAYS), repeat="currency"),
        Row("Is it what billing charged?", (DIVERGENCE, COMPARISONS)),
    ),
    since="now-30d",
    refresh="15m",
)
