"""The version of each day in a snapshot, and the batches of the archive that count."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg

from graph.reports.windows import DaySlice
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

    `data_as_of`: the newest event stored; `batches`: the numbers of the archive batches that count; `digest`: a hash of
    the versions and batches.
    """

    data_as_of: datetime | None
    by_day: Mapping[int, DayVersion]
    batches: Mapping[int, Sequence[int]]
    digest: str

    def are_same(self, other: "Versions", slices: Sequence[DaySlice]) -> bool:
        """Whether the days of neighbouring slices are the same in both."""
        return all(self._of_day(day) == other._of_day(day) for day in range(slices[0].day, slices[-1].day + 1))

    def _of_day(self, day: int) -> tuple[DayVersion | None, Sequence[int]]:
        return self.by_day.get(day), sorted(self.batches.get(day, ()))

    def of_run(self, run: Sequence[DaySlice]) -> Hashable:
        """The versions of neighbouring days; None if a day has none."""
        found = tuple(map(self.by_day.get, range(run[0].day, run[-1].day + 1)))
        return None if None in found else found


def make_versions(row: asyncpg.Record) -> Versions:
    """The versions in a row of the statement day_versions."""
    sent = [row[name] or b"" for name in ("days", "versions", "claims", "archived", "batches")]
    return Versions(row["data_as_of"], *_decoded(*sent))


@lru_cache(maxsize=256)
def _decoded(
    days: bytes, versions: bytes, claims: bytes, archived: bytes, batches: bytes
) -> tuple[Mapping[int, DayVersion], Mapping[int, Sequence[int]], str]:
    """Caches what many requests read between two changes of their days."""
    numbers = zip(longs([versions]).tolist(), longs([claims]).tolist(), strict=True)
    by_day = dict(zip(ints([days]).tolist(), numbers, strict=True))
    found: dict[int, list[int]] = defaultdict(list)
    for day, batch in zip(ints([archived]).tolist(), longs([batches]).tolist(), strict=True):
        found[day].append(batch)
    state = sorted(by_day.items()), sorted((day, sorted(each)) for day, each in found.items())
    return by_day, found, sha256(repr(state).encode()).hexdigest()
