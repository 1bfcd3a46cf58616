"""Enters the outcomes of messages in the ledger, within the transaction that counts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.postgres import Connection
from infra.sql import statement
from ingest.outcomes import Counted, Uncounted
from schema.instants import time_of
from schema.money import decimal

SQL: Final = Path(__file__).parent / "sql"
UNCOUNTED_BETWEEN: Final = statement(SQL, "uncounted_between")
WITHDRAW: Final = statement(SQL, "withdraw_uncounted")


@dataclass(frozen=True, slots=True)
class Entering:
    """The statements that add to the ledger of one schema."""

    counted: str
    uncounted: str


def entering(schema: str) -> Entering:
    """The statements for the tables of `schema`."""
    return Entering(*[statement(SQL, name, schema=schema) for name in ("enter_counted", "enter_uncounted")])


LIVE: Final = entering("anlyt")


async def enter(
    connection: Connection, function: str, stored: Sequence[int], counted: Counted, uncounted: Sequence[Uncounted]
) -> None:
    """Enters counted messages, which their stream `stored` at these times, and others that do not count.

    A message that was entered before as not counted, and counts now, is withdrawn first: a release may accept what an
    earlier one refused.
    """
    if stored:
        await _withdraw(connection, function, stored)
    await add(connection, function, counted, uncounted)


async def add(
    connection: Connection,
    function: str,
    counted: Counted,
    uncounted: Sequence[Uncounted],
    into: Entering = LIVE,
) -> None:
    """Adds the sums of counted messages, and those of other messages that were not entered yet."""
    if uncounted:
        await connection.execute(into.uncounted, function, *_columns(uncounted))
    if rows := _rows(counted):
        await connection.execute(into.counted, function, *_columns(rows))


async def _withdraw(connection: Connection, function: str, stored: Sequence[int]) -> None:
    between = await connection.fetch(UNCOUNTED_BETWEEN, function, min(stored), max(stored))
    if entered := {row["stored_ns"] for row in between} & set(stored):
        await connection.execute(WITHDRAW, function, sorted(entered))


def _rows(counted: Counted) -> list[tuple[Any, ...]]:
    """The rows of the sums, in one order, so that two workers do not lock each other out."""
    return [
        (
            time_of(key.stored_hour),
            time_of(key.event_hour),
            key.currency,
            sums.messages,
            decimal(sums.amount),
            sums.refunds,
            decimal(sums.refunded),
        )
        for key, sums in sorted(counted.items())
    ]


def _columns(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*rows, strict=True)))
