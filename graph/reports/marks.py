"""What a snapshot says of its days: which have good daily rows, which are archived, and whether they have changed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from graph.reports.windows import day_date
from infra.arrays import ints, longs
from infra.postgres import Connection
from infra.sql import statement

_MARKS: Final = statement(Path(__file__).parent / "sql", "marks")

# A day's state: its version and its newest claim. The version counts the transactions that changed the day, and
# locks them one behind the other: two snapshots in which it is the same show the same rows. The claim (in PostgreSQL's
# microseconds) tells apart two databases that happen to count alike: one that was restored, or emptied and refilled.
Mark: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """Days are numbers since 1970. What was never changed by ingest has no mark."""

    data_as_of: datetime | None
    of_days: Mapping[int, Mark]
    clean: frozenset[int]  # days whose daily rows are what their hours add up to
    batches: Mapping[int, Sequence[int]]  # the numbers under which days were archived


async def read_marks(connection: Connection, first_day: int, last_day: int) -> Marks:
    """What the connection's snapshot says of the days from one to another, both included."""
    row = await connection.fetchrow(_MARKS, day_date(first_day), day_date(last_day))
    assert row is not None
    days, archived = (ints([row[name] or b""]).tolist() for name in ("days", "archived"))
    versions, claims, rolled, numbers = (
        longs([row[name] or b""]).tolist() for name in ("versions", "claims", "rolled", "batches")
    )
    batches: dict[int, list[int]] = defaultdict(list)
    for day, batch in zip(archived, numbers, strict=True):
        batches[day].append(batch)
    return Marks(
        row["data_as_of"],
        dict(zip(days, zip(versions, claims, strict=True), strict=True)),
        frozenset(day for day, version, of_rows in zip(days, versions, rolled, strict=True) if version == of_rows),
        batches,
    )
