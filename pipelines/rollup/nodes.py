"""How the work is cut. Pure."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.definition import Counts

AT_ONCE: Final = 2  # of the processors of PostgreSQL, which ingest needs too


def plan(dirty: Sequence[dt.date]) -> Sequence[dt.date]:
    """The days of this run, the newest first: they are read most."""
    return sorted(dirty, reverse=True)


def few_at_once(days: Sequence[dt.date]) -> Iterator[Sequence[dt.date]]:
    """Each day is a transaction of its own: a run that is killed has done the days before."""
    yield from (days[first : first + AT_ONCE] for first in range(0, len(days), AT_ONCE))


def count(days: Sequence[dt.date]) -> Counts:
    """How many days were added up."""
    return {"days": len(days)}
