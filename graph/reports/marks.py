"""Marks: what tells whether a day is still as it was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final, TypeAlias

from graph.reports.arrays import ints, longs
from graph.reports.windows import day_date
from infra.postgres import Connection, statement

_MARKS: Final = statement(Path(__file__).parent / "sql", "marks")

# A day's state: its version and its newest claim. The version counts the transactions that changed the day, and
# locks them one behind the other: two snapshots in which it is the same show the same rows. The claim (in PostgreSQL's
# microseconds) tells apart two databases that happen to count alike: one that was restored, or emptied and refilled.
Mark: TypeAlias = tuple[int, int]
Marks: TypeAlias = Mapping[int, Mark]  # by day since 1970; what was never changed by ingest has no mark


@dataclass(frozen=True)
class Seen:
    """What a snapshot says of the store as a whole and of some days; arrays as PostgreSQL sent them.

    What was made from marked days only is still true in another snapshot with an equal Seen.
    """

    data_as_of: datetime | None
    days: bytes
    versions: bytes
    claims: bytes

    @cached_property
    def marks(self) -> Marks:
        """The days that have a mark."""
        versions, claims = (longs([column]).tolist() for column in (self.versions, self.claims))
        return dict(zip(ints([self.days]).tolist(), zip(versions, claims, strict=True), strict=True))

    def marks_all(self, first_day: int, last_day: int) -> bool:
        """Whether every day from one to another has a mark."""
        return all(map(self.marks.__contains__, range(first_day, last_day + 1)))


Span: TypeAlias = tuple[int, int]  # first and last day since 1970, both included


async def see(connection: Connection, spans: Sequence[Span]) -> list[Seen]:
    """What one snapshot says of each span."""
    first_days, last_days = ([day_date(day) for day in column] for column in zip(*spans, strict=True))
    rows = await connection.fetch(_MARKS, first_days, last_days)
    return [_same(Seen(row[0], row[1] or b"", row[2] or b"", row[3] or b"")) for row in rows]


@lru_cache(maxsize=64)
def _same(seen: Seen) -> Seen:
    """As long as nothing changes it is one object, whose marks are worked out once."""
    return seen
