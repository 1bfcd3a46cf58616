"""How the work is cut. Pure."""

import datetime as dt
from collections.abc import Iterator, Sequence

from pipelines.definition import Counts


def plan(dirty: Sequence[dt.date]) -> Sequence[dt.date]:
    """The days of this run, the newest first: they are read most."""
    return sorted(dirty, reverse=True)


def one_by_one(days: Sequence[dt.date]) -> Iterator[dt.date]:
    """Each day is a transaction of its own: a run that is killed has done the days before."""
    yield from days


def count(days: Sequence[dt.date]) -> Counts:
    """How many days were added up."""
    return {"days": len(days)}
