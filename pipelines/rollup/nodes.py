"""Orders and groups the days to add up, and counts them. Pure: no I/O."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.definition import Counts

CONCURRENT_DAYS: Final = 2  # each occupies a processor of PostgreSQL, which ingest needs, too


def plan(dirty: Sequence[dt.date]) -> Sequence[dt.date]:
    """The days of this run, newest first: reports read them most."""
    return sorted(dirty, reverse=True)


def in_groups(days: Sequence[dt.date]) -> Iterator[Sequence[dt.date]]:
    """Groups of days that are added up concurrently. Each day is a transaction, so a killed run keeps earlier days."""
    yield from (days[first : first + CONCURRENT_DAYS] for first in range(0, len(days), CONCURRENT_DAYS))


def count(days: Sequence[dt.date]) -> Counts:
    """The number of days that were added up."""
    return {"days": len(days)}
