"""Where comparisons come from and go to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from infra.errors import UsageError
from infra.postgres import statement
from pipelines.bridge import current
from pipelines.datasets import StoreDataset
from pipelines.reconciliation.comparison import Comparison, Totals
from pipelines.reconciliation.days import Params, chosen
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
TOTALS: Final = statement(SQL, "totals")
LOG: Final = statement(SQL, "log_comparisons")


class BothTotals(StoreDataset[None, Sequence[Totals]]):
    """What both sides say of the days that are due, read by one statement: neither side moves meanwhile."""

    async def read(self, stores: Stores) -> Sequence[Totals]:
        params = current().params
        assert isinstance(params, Params)
        days = chosen(params, datetime.now(UTC))
        try:
            return [Totals(*row) for row in await stores.postgres.fetch(TOTALS, *days)]
        except (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
            raise UsageError(f"billing.daily_totals is not in the database of ANLYT_POSTGRES_DSN: {error}.") from error
        except asyncpg.InsufficientPrivilegeError as error:
            raise UsageError(
                f"billing.daily_totals may not be read by the user of ANLYT_POSTGRES_DSN ({error}); "
                "grant usage on schema billing and select on the table."
            ) from error


class ReconciliationLog(StoreDataset[Sequence[Comparison], None]):
    """The comparisons of a run are written at once, or not at all."""

    async def write(self, stores: Stores, comparisons: Sequence[Comparison]) -> None:
        rows = [(*totals, *found) for totals, *found in comparisons]
        if rows:
            await stores.postgres.execute(LOG, current().id, *map(list, zip(*rows, strict=True)))
