"""The datasets of reconciliation: the totals of both sides, and the log of comparisons."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from infra.errors import UsageError
from infra.postgres import is_unavailable
from infra.sql import statement
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current, current_params
from pipelines.reconciliation.days import days_to_compare
from pipelines.reconciliation.nodes import Comparison
from pipelines.reconciliation.params import Params
from pipelines.reconciliation.totals import LastStatus, Ours, Theirs, TotalsToCompare, due
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
OURS: Final = statement(SQL, "ours")
THEIRS: Final = statement(SQL, "theirs")
LAST: Final = statement(SQL, "last_statuses")
LOG: Final = statement(SQL, "log_comparisons")


class BothTotals(StoreDataset[None, Sequence[TotalsToCompare]]):
    """The totals of both sides for the days that are due, read in one snapshot. The archive has none of these days."""

    async def read(self, stores: Stores) -> Sequence[TotalsToCompare]:
        params = current_params(Params)
        first, last, again = days_to_compare(params, datetime.now(UTC))
        async with (
            stores.postgres.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            ours = [Ours(**row) for row in await connection.fetch(OURS, first, last)]
            compared = [LastStatus(**row) for row in await connection.fetch(LAST, first, last)]
            with _as_problem():
                theirs = [Theirs(**row) for row in await connection.fetch(THEIRS, first, last)]
        return due(ours, theirs, compared, again)


@contextmanager
def _as_problem() -> Iterator[None]:
    """Raises UsageError for a problem with billing's table. Passes on the errors of an unavailable PostgreSQL."""
    try:
        yield
    except (asyncpg.InvalidSchemaNameError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise UsageError(f"billing.daily_totals is not in the database of ANLYT_POSTGRES_DSN: {error}.") from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise UsageError(
            f"billing.daily_totals may not be read by the user of ANLYT_POSTGRES_DSN ({error}); "
            "grant usage on schema billing and select on the table."
        ) from error
    except asyncpg.PostgresError as error:
        if is_unavailable(error):
            raise
        raise UsageError(f"billing.daily_totals cannot be read: {error}; its column day has to be a date.") from error


class ReconciliationLog(StoreDataset[Sequence[Comparison], None]):
    """Saving comparisons writes all of a run in one statement."""

    async def write(self, stores: Stores, comparisons: Sequence[Comparison]) -> None:
        rows = [(*totals[:-2], *result) for totals, *result in comparisons]  # all but `is_open` and `accepted`
        if rows:
            await stores.postgres.execute(LOG, current().id, *map(list, zip(*rows, strict=True)))
