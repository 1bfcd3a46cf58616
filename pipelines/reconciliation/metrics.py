"""The gauge behind the alert: the divergence of the last comparisons, from any process."""

from pathlib import Path
from typing import Final

from infra.metrics import RECONCILIATION_DIVERGENCE
from infra.sql import statement
from pipelines.reconciliation.days import REACH
from pipelines.stores import Stores

DIVERGENCES: Final = statement(Path(__file__).parent / "sql", "divergences")
# Days that are OK are shown for this many days; others for as long as they are compared again.
SHOWN_DAYS: Final = 31


async def measure(stores: Stores) -> None:
    """Updates `anlyt_reconciliation_divergence_ratio`: one series per recent day, and per older day that is not OK."""
    rows = await stores.postgres.fetch(DIVERGENCES, SHOWN_DAYS, REACH)
    divergences = {row["day"].isoformat(): row["divergence"] for row in rows}
    for day, divergence in divergences.items():
        RECONCILIATION_DIVERGENCE.labels(day).set(divergence)
    for day in _shown() - divergences.keys():
        RECONCILIATION_DIVERGENCE.remove(day)


def _shown() -> set[str]:
    return {sample.labels["day"] for family in RECONCILIATION_DIVERGENCE.collect() for sample in family.samples}
