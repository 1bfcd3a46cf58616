"""The version of each day in a snapshot, and the batches of the archive that count."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

from infra.arrays import ints, longs
from infra.sql import statement

DAY_VERSIONS: Final = statement(Path(__file__).parent / "sql", "day_versions")

# The version number and newest claim of a day. Each transaction that changes a day increments its number under a lock
# of its row, so two snapshots with the same number show the same rows. The claim (in PostgreSQL's microseconds) tells
# apart two databases with equal numbers, such as one that was restored, or emptied and refilled.
DayVersion: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Versions:
    """The state of a snapshot's days, by day since 1970. A day that ingest never changed has no version.

    `data_as_of`: the newest event stored; `batches`: the numbers of the archive batches that count.
    """

    data_as_of: datetime | None
    by_day: Mapping[int, DayVersion]
    batches: Mapping[int, Sequence[int]]


def make_versions(row: asyncpg.Record) -> Versions:
    """The versions in a row of day_versions.sql."""
    days, archived = (ints([row[name] or b""]).tolist() for name in ("days", "archived"))
    versions, claims, numbers = (longs([row[name] or b""]).tolist() for name in ("versions", "claims", "batches"))
    batches: dict[int, list[int]] = defaultdict(list)
    for day, batch in zip(archived, numbers, strict=True):
        batches[day].append(batch)
    return Versions(row["data_as_of"], dict(zip(days, zip(versions, claims, strict=True), strict=True)), batches)
