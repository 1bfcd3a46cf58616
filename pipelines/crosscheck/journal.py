"""What is remembered of readings: verified days, suspicions and differences. A reading is noted in one transaction.

A question whose statements give different values is a suspicion. After READINGS readings with the same values it is a
difference, which is logged once. The first equal reading removes the suspicion and closes the difference.
"""

from pathlib import Path
from typing import Final

import msgspec

from infra.postgres import Connection
from infra.sql import statement
from pipelines.crosscheck.laws import LAWS, verifies_cells
from pipelines.crosscheck.questions import WHOLE_DAY, Noted, Question
from pipelines.crosscheck.reading import Reading
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
LOCK_SUSPICION: Final = statement(SQL, "lock_suspicion")
CLOSE_SUSPICION: Final = statement(SQL, "close_suspicion")
RAISE_SUSPICION: Final = statement(SQL, "raise_suspicion")
LOG_DIFFERENCE: Final = statement(SQL, "log_difference")
NOTE_EQUAL: Final = statement(SQL, "note_equal")
READINGS: Final = 3


async def note(stores: Stores, question: Question, reading: Reading, seed: int, pause: float) -> Noted:
    """Notes a reading of a question that a run with this seed drew."""
    async with stores.postgres.acquire() as connection, connection.transaction():
        await connection.execute(LOCK_SUSPICION, question.text)
        if not reading.differing:
            await _note_equal(connection, question, reading)
            return "equal"
        return await _note_different(connection, question, reading, seed, pause)


async def _note_equal(connection: Connection, question: Question, reading: Reading) -> None:
    await connection.execute(CLOSE_SUSPICION, question.text)
    if verifies_cells(LAWS[question.law], question):
        cells = question.dataset, question.tenant, question.first_day
        await connection.execute(NOTE_EQUAL, *cells, question.hours, reading.at, WHOLE_DAY)


async def _note_different(
    connection: Connection, question: Question, reading: Reading, seed: int, pause: float
) -> Noted:
    about = question.law, question.dataset, question.tenant, question.first_day, question.last_day
    left, right = _json(reading.left_values), _json(reading.right_values)
    await connection.execute(RAISE_SUSPICION, question.text, *about, f"{left} {right}", pause, reading.at, seed)
    sides = reading.left.store, reading.left.text, left, reading.right.store, reading.right.text, right
    logged = await connection.fetchval(LOG_DIFFERENCE, question.text, READINGS, *sides)
    return "different" if logged else "suspected"


def _json(values: object) -> str:
    return msgspec.json.encode(values).decode()
