"""Groups the minutes to search for copies into windows. Pure: no I/O."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final, NamedTuple

from schema.cubes import CUBES
from schema.facts import Cube

CUBE_OF_FACTS: Final[Mapping[str, Cube]] = {cube.source: cube.name for cube in CUBES if cube.of_facts}
"""The fact tables, each with the cube that is computed from it."""

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
# Minutes whose facts one statement compares: 10 million facts at 3,000 per second.
MAX_MINUTES: Final = 60


class SearchWindow(NamedTuple):
    """Some minutes of a fact table, ascending and all of one day."""

    facts: str
    minutes: tuple[datetime, ...]

    @property
    def begin(self) -> datetime:
        return self.minutes[0]

    @property
    def end(self) -> datetime:
        return self.minutes[-1] + MINUTE


def windows(marked: Iterable[tuple[str, datetime]]) -> Iterator[SearchWindow]:
    """Groups marked minutes of fact tables into windows, newest first. Repeated minutes count once."""
    ordered = sorted(set(marked), reverse=True)
    for (facts, _), group in groupby(ordered, key=lambda each: (each[0], each[1].date())):
        minutes = [minute for _, minute in group]
        for first in range(0, len(minutes), MAX_MINUTES):
            yield SearchWindow(facts, tuple(reversed(minutes[first : first + MAX_MINUTES])))


def windows_of_day(day: date) -> Iterator[SearchWindow]:
    """The windows of all minutes of a day, for every fact table."""
    midnight = datetime.combine(day, time(), UTC)
    return windows((facts, midnight + number * MINUTE) for facts in CUBE_OF_FACTS for number in range(DAY // MINUTE))
