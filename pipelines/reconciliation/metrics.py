"""The gauge behind the alert: what the last comparisons found, whichever process made them."""

from pathlib import Path
from typing import Final

from infra.metrics import RECONCILIATION_DIVERGENCE
from infra.sql import statement
from pipelines.reconciliation.days import REACH
from pipelines.stores import Stores

DIVERGENCES: Final = statement(Path(__file__).parent / "sql", "divergences")
# A day that is OK is shown for so long; one that is not, for as long as it is compared again.
SHOWN_DAYS: Final = 31


async def measure(stores: Stores) -> None:
    """Keeps `anlyt_reconciliation_divergence_ratio`, a series for each of the last days and each that is not OK."""
    rows = await stores.postgres.fetch(DIVERGENCES, SHOWN_DAYS, REACH)
    found = {row["day"].isoformat(): row["divergence"] for row in rows}
    for day, divergence in found.items():
        RECONCILIATION_DIVERGENCE.labels(day).set(divergence)
    for day in _shown() - found.keys():
        RECONCILIATION_DIVERGENCE.remove(day)


def _shown() -> set[str]:
    return {sample.labels["day"] for family in RECONCILIATION_DIVERGENCE.collect() for sample in family.samples}
