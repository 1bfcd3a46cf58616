"""Where comparisons come from and go to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg

from infra.errors import UsageError
from infra.postgres import is_unavailable
from infra.sql import statement
from pipelines.datasets import HOLD_TABLES, StoreDataset
from pipelines.kedro_thread import current, current_params
from pipelines.reconciliation.days import chosen
from pipelines.reconciliation.nodes import Comparison
from pipelines.reconciliation.params import Params
from pipelines.reconciliation.totals import Last, Ours, Theirs, Totals, due
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
OURS: Final = statement(SQL, "ours")
THEIRS: Final = statement(SQL, "theirs")
LAST: Final = statement(SQL, "last_statuses")
LOG: Final = statement(SQL, "log_comparisons")


class BothTotals(StoreDataset[None, Sequence[Totals]]):
    """What both sides say of the days that are due, read from one snapshot: neither side moves meanwhile."""

    async def read(self, stores: Stores) -> Sequence[Totals]:
        params = current_params(Params)
        first, last, again = chosen(params, datetime.now(UTC))
        async with (
            stores.postgres.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.execute(HOLD_TABLES)
            ours = [Ours(**row) for row in await connection.fetch(OURS, first, last)]
            compared = [Last(**row) for row in await connection.fetch(LAST, first, last)]
            with _as_problem():
                theirs = [Theirs(**row) for row in await connection.fetch(THEIRS, first, last)]
        return due(ours, theirs, compared, again)


@contextmanager
def _as_problem() -> Iterator[None]:
    """Turns whatever is wrong with billing's table into UsageError; PostgreSQL being away is none of it."""
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
    """The comparisons of a run are written at once, or not at all."""

    async def write(self, stores: Stores, comparisons: Sequence[Comparison]) -> None:
        rows = [(*totals[:-1], *found) for totals, *found in comparisons]  # all but `is_open`
        if rows:
            await stores.postgres.execute(LOG, current().id, *map(list, zip(*rows, strict=True)))
