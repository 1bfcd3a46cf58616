"""Which facts go. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, TypeAlias

from schema.facts import stored_at
from schema.instants import instant, time_of

Event: TypeAlias = tuple[int, int]
"""Its time in microseconds since 1970, and its key."""


class Fact(NamedTuple):
    """An event as a fact of one tenant; `ver` is that of its copy which the stream stored first."""

    at: int
    key: int
    tenant: str
    ver: int


def later(facts: Iterable[Fact]) -> Sequence[Fact]:
    """Of the facts of each event, all but that of the copy which the stream stored first.

    (Copies of one microsecond from before `ver` knew nanoseconds: the one whose tenant comes first stays.)
    """
    by_event: dict[Event, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_event[fact.at, fact.key].append(fact)
    ordered = (sorted(copies, key=lambda fact: (-fact.ver, fact.tenant)) for copies in by_event.values())
    return sorted(fact for copies in ordered for fact in copies[1:])


def of_closed_days(facts: Iterable[Fact], closed: Mapping[date, datetime]) -> Sequence[Fact]:
    """Facts that are evidence: `closed` days with the instant before which the stream had stored what a link covers."""
    return [
        fact
        for fact in facts
        if (covered := closed.get(time_of(fact.at).date())) is not None and stored_at(fact.ver) < instant(covered)
    ]
