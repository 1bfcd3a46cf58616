"""What is searched: minutes in which facts came. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final, NamedTuple

from schema.facts import FACTS_CDR, FACTS_COMPLIANCE, FACTS_DLR, Cube

CUBES: Final[Mapping[str, Cube]] = {
    FACTS_DLR.name: "cube_dlr_hourly",
    FACTS_CDR.name: "cube_cdr_hourly",
    FACTS_COMPLIANCE.name: "cube_compliance_hourly",
}
"""The tables of facts, each with the cube that is computed from it."""

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
# One statement compares the facts of so many minutes: at 3,000 a second, 10 million.
AT_ONCE: Final = 60


class Window(NamedTuple):
    """Some minutes of a table of facts, ascending and all of one day."""

    facts: str
    minutes: tuple[datetime, ...]

    @property
    def begin(self) -> datetime:
        return self.minutes[0]

    @property
    def end(self) -> datetime:
        return self.minutes[-1] + MINUTE


def windows(marked: Iterable[tuple[str, datetime]]) -> Iterator[Window]:
    """The marked minutes of tables, each once, in windows; the newest first."""
    ordered = sorted(set(marked), reverse=True)
    for (facts, _), group in groupby(ordered, key=lambda each: (each[0], each[1].date())):
        minutes = [minute for _, minute in group]
        for first in range(0, len(minutes), AT_ONCE):
            yield Window(facts, tuple(reversed(minutes[first : first + AT_ONCE])))


def whole(day: date) -> Iterator[Window]:
    """All of a day, in every table."""
    midnight = datetime.combine(day, time(), UTC)
    return windows((facts, midnight + number * MINUTE) for facts in CUBES for number in range(DAY // MINUTE))
