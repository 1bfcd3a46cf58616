"""Runs of hours that are read at once, and what comes of reading them."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple, TypeAlias, TypeVar

from graph.identity import Subject
from graph.reports.windows import DAY_HOURS

P = TypeVar("P")


class Run(NamedTuple):
    """Neighbouring hours of one subject, in hours since 1970; of each day that it touches, one stretch."""

    subject: Subject
    first_hour: int
    end_hour: int


Loaded: TypeAlias = Mapping[tuple[int, int], P]  # by (index of the run, day since 1970); days without rows absent


def days_of(run: Run) -> range:
    """The days that a run touches, in days since 1970."""
    return range(run.first_hour // DAY_HOURS, -(-run.end_hour // DAY_HOURS))


def stretches(days: Iterable[int]) -> Iterator[range]:
    """Ascending days as ranges without gaps."""
    for _, group in groupby(enumerate(days), key=lambda item: item[1] - item[0]):
        neighbours = [day for _, day in group]
        yield range(neighbours[0], neighbours[-1] + 1)
