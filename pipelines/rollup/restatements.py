"""Keeps what a closed day said before it changed: the former daily rows, beside the new ones."""

import datetime as dt
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

import asyncpg

from infra.arrays import longs, shorts
from infra.postgres import Connection
from infra.sql import statement
from schema.figures import FIGURES, HISTOGRAM

SQL: Final = Path(__file__).parent / "sql"
DAILY_ROWS: Final = statement(SQL, "daily_rows")
RESTATE: Final = statement(SQL, "restate")
VALUES: Final = (*(figure.column for figure in FIGURES.values()), "currencies", "costs")
_values: Final = itemgetter(*VALUES)

Subject: TypeAlias = tuple[str, str]  # scope and its id
Rows: TypeAlias = Mapping[Subject, asyncpg.Record]  # rows of the statement daily_rows


class DayChangedError(Exception):
    """A closed day changed while it was added up."""


async def daily_rows(connection: Connection, day: dt.date) -> Rows:
    """The daily rows of a day, by subject."""
    return {(row["scope"], row["scope_id"]): row for row in await connection.fetch(DAILY_ROWS, day)}


async def restate(connection: Connection, day: dt.date, state: asyncpg.Record, former: Rows) -> int:
    """Keeps the rows of a closed day that differ from the former ones; returns how many. `state`: of day_state.

    Without a difference, it only notes since when the day says the same again: a change may have been taken back.
    """
    number = await connection.fetchval(RESTATE, day, state["changed_at"], state["read_at"], state["causes"])
    records = [(day, number, *each) for each in restated(former, await daily_rows(connection, day))]
    await connection.copy_records_to_table(
        "restated_rows",
        schema_name="anlyt",
        columns=["day", "number", "scope", "scope_id", "is_after", *VALUES, *HISTOGRAM],
        records=records,
    )
    return len({(scope, scope_id) for _, _, scope, scope_id, *_ in records})


def restated(former: Rows, new: Rows) -> Iterator[tuple[Any, ...]]:
    """Both sides of each row that differs. Only the former side has its histogram: reports as of earlier need it."""
    for subject in sorted(former.keys() | new.keys()):
        before, after = former.get(subject), new.get(subject)
        if before != after:
            if before is not None:
                histogram = shorts([before["bins"]]).tolist(), longs([before["counts"]]).tolist()
                yield (*subject, False, *_values(before), *histogram)
            if after is not None:
                yield (*subject, True, *_values(after), [], [])
