"""What a snapshot says of its days: whether they have changed, and which are archived."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

from infra.arrays import ints, longs
from infra.sql import statement

MARKS: Final = statement(Path(__file__).parent / "sql", "marks")

# A day's state: its version and its newest claim. The version counts the transactions that changed the day, and
# locks them one behind the other: two snapshots in which it is the same show the same rows. The claim (in PostgreSQL's
# microseconds) tells apart two databases that happen to count alike: one that was restored, or emptied and refilled.
Mark: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Marks:
    """Days are numbers since 1970. What was never changed by ingest has no mark."""

    data_as_of: datetime | None
    of_days: Mapping[int, Mark]
    batches: Mapping[int, Sequence[int]]  # the numbers under which days were archived


def make_marks(row: asyncpg.Record) -> Marks:
    """The marks of a row of marks.sql."""
    days, archived = (ints([row[name] or b""]).tolist() for name in ("days", "archived"))
    versions, claims, numbers = (longs([row[name] or b""]).tolist() for name in ("versions", "claims", "batches"))
    batches: dict[int, list[int]] = defaultdict(list)
    for day, batch in zip(archived, numbers, strict=True):
        batches[day].append(batch)
    return Marks(row["data_as_of"], dict(zip(days, zip(versions, claims, strict=True), strict=True)), batches)
