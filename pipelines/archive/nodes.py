"""How the work is cut. Pure."""

import datetime as dt
from collections.abc import Iterator, Sequence

from pipelines.definition import Counts


def plan(old: Sequence[dt.date]) -> Iterator[dt.date]:
    """The oldest first: a month can go when all of its days have."""
    yield from sorted(old)


def tidy(moved: Sequence[dt.date], partitions: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The months that may be empty now, whoever moved their days; `moved` is there to come first."""
    yield from partitions


def count(moved: Sequence[dt.date]) -> Counts:
    """How many days moved."""
    return {"days": len(moved)}
