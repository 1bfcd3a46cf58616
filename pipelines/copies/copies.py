"""Decides which facts of copied events are removed. Pure: no I/O."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, TypeAlias

from schema.facts import stored_at
from schema.instants import instant, time_of

EventKey: TypeAlias = tuple[int, int]
"""An event's time in microseconds since 1970, and its key."""


class Fact(NamedTuple):
    """An event as a fact of one tenant. `ver`: the highest, that of the copy which the stream stored first."""

    at: int
    key: int
    tenant: str
    ver: int


def later(facts: Iterable[Fact]) -> Sequence[Fact]:
    """The facts to remove: for each event, all but the copy that the stream stored first.

    Older releases kept microseconds in `ver`. If two such copies are equal, the one of the first tenant stays.
    """
    by_event: dict[EventKey, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_event[fact.at, fact.key].append(fact)
    ordered = (sorted(copies, key=lambda fact: (-fact.ver, fact.tenant)) for copies in by_event.values())
    return sorted(fact for copies in ordered for fact in copies[1:])


def of_closed_days(facts: Iterable[Fact], closed: Mapping[date, datetime]) -> Sequence[Fact]:
    """The facts that a link of the hash chain covers. `closed`: per closed day, the time up to which links cover it."""
    return [
        fact
        for fact in facts
        if (covered := closed.get(time_of(fact.at).date())) is not None and stored_at(fact.ver) < instant(covered)
    ]
