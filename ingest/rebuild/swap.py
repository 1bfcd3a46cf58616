"""Replaces stored rows with those of a rebuild, within the caller's transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from functions.function import AnyFunction
from infra.postgres import Connection
from infra.sql import statement
from ingest.commit import MARK_AS_OF, MARK_DAYS
from ingest.partitions import Partitions

SQL: Final = Path(__file__).parent / "sql"
NAME_CAUSE: Final = statement(SQL, "name_cause")
DAYS: Final = statement(SQL, "days")
CLAIMS: Final = statement(SQL, "claims")
ACCOUNTS: Final = statement(SQL, "accounts")
AS_OF: Final = statement(SQL, "as_of")
LEDGER: Final = tuple(
    statement(SQL, name)
    for name in (
        "withdraw_accepted",
        "delete_copies",
        "insert_copies",
        "delete_outcomes",
        "insert_outcomes",
        "enter_refused",
    )
)
# Two functions share a row; each replaces its own columns only.
CELLS: Final[Mapping[str, Sequence[str]]] = {
    "billing_metrics": (
        statement(SQL, "replace_billed"),
        statement(SQL, "delete_unbilled"),
        statement(SQL, "clear_unbilled"),
        statement(SQL, "replace_costs"),
        statement(SQL, "delete_costs"),
    ),
    "delivery_metrics": (statement(SQL, "replace_delivered"), statement(SQL, "clear_undelivered")),
}


async def swap(connection: Connection, partitions: Partitions, function: AnyFunction, start: datetime) -> None:
    """Replaces the function's rows from hour `start` on.

    Locks claims, days and cells in the order of a commit, so that the two cannot deadlock.
    """
    await connection.execute(NAME_CAUSE)
    days = [row["day"] for row in await connection.fetch(DAYS, start)]
    await partitions.ensure(days)
    await connection.execute(CLAIMS, start)
    await connection.execute(MARK_DAYS, days)
    for sql in CELLS[function.name]:
        await connection.execute(sql, start)
    await connection.execute(ACCOUNTS)
    newest = await connection.fetchval(AS_OF, start)
    if newest is not None:
        await connection.execute(MARK_AS_OF, function.name, newest)
    for sql in LEDGER:
        await connection.execute(sql, function.name, start)
