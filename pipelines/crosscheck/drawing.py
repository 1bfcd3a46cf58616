"""Draws questions at random from what the stores have. Pure: no I/O."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Final

from infra.zones import timezone
from pipelines.crosscheck.laws import Kind, Law
from pipelines.crosscheck.questions import EVERY_TENANT, HOURS_PER_DAY, WHOLE_DAY, Question
from pipelines.crosscheck.sums import FILTERS, TABLES
from schema.instants import DAY, HOUR, SECOND, instant

# The newest of 90 days is drawn in 22 of 100 questions, the older half in 20.
SKEW: Final = 3
OF_CELLS: Final = 5  # questions that verify cells, per question of another law
ALL_TENANTS: Final = 0.3  # share of questions about all tenants together
FILTERED: Final = 0.3  # share of questions about one value of a dimension
LOCAL_DAYS: Final = 2  # at most, of a window
# Zones that begin their days at a fixed offset from UTC, of whole hours and of others, and zones that change clocks.
ZONES: Final = ("Asia/Kabul", "Asia/Kathmandu", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Adelaide")
# Copies of compliance facts under several tenants may stay as evidence of a closed day.
WITHOUT_COPIES: Final = ("dlr", "cdr")
_DAY, _HOUR = DAY // SECOND, HOUR // SECOND


@dataclass(frozen=True, slots=True)
class DatasetContents:
    """What a dataset has, newest days first. `values`: of each dimension to filter by."""

    days: Sequence[date] = ()
    tenants: Sequence[str] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """What can be asked about, newest days first. `days`: those that PostgreSQL has as a whole.

    `subjects`: ids by scope. `hours`: by dataset and day, the hours of the current round that are verified, as bits.
    """

    days: Sequence[date]
    archived: Sequence[date]
    subjects: Mapping[str, Sequence[str]]
    datasets: Mapping[str, DatasetContents]
    hours: Mapping[tuple[str, date], int] = field(default_factory=dict)


def draw(random: Random, contents: Contents, laws: Sequence[Law], count: int) -> Sequence[Question]:
    """Up to `count` different questions; fewer if the stores have nothing to ask about."""
    weights = [OF_CELLS if law.of_cells else 1 for law in laws]
    drawn = (_drawn(random, contents, law) for law in random.choices(laws, weights, k=count))
    return list(dict.fromkeys(question for question in drawn if question is not None))


def _drawn(random: Random, contents: Contents, law: Law) -> Question | None:
    try:
        return _DRAWS[law.kind](_Draw(random, contents, law))
    except IndexError:  # nothing to choose from
        return None


@dataclass(frozen=True, slots=True)
class _Draw:
    """A question in the making. Choosing from nothing raises IndexError."""

    random: Random
    contents: Contents
    law: Law

    def day(self, days: Sequence[date]) -> int:
        """One of the days, newest first; rather a new one. As the second at which it begins."""
        return begin_of(days[int(len(days) * self.random.random() ** SKEW)])

    def dataset(self, *, with_days: bool = False) -> str:
        filled = [
            name
            for name, tables in TABLES.items()
            if self.contents.datasets[name].days and (tables.days or not with_days)
        ]
        return self.random.choice(filled)

    def hours(self) -> tuple[int, int]:
        """Some hours of a day, from the first to the end, in seconds."""
        first, last = sorted(self.random.choices(range(HOURS_PER_DAY), k=2))
        return first * _HOUR, (last + 1) * _HOUR

    def subject(self) -> tuple[str, str]:
        scope = self.random.choice([scope for scope, ids in self.contents.subjects.items() if ids])
        return scope, self.random.choice(self.contents.subjects[scope])

    def tenant(self, dataset: str) -> str:
        tenants = self.contents.datasets[dataset].tenants
        return EVERY_TENANT if self.random.random() < ALL_TENANTS else self.random.choice(tenants)

    def filter(self, dataset: str) -> tuple[str, str]:
        if self.random.random() >= FILTERED:
            return "", ""
        dimension = self.random.choice(FILTERS)
        return dimension, self.random.choice(self.contents.datasets[dataset].values[dimension])


def _subject_day(draw: _Draw) -> Question:
    begin, (scope, subject) = draw.day(draw.contents.days), draw.subject()
    return Question(draw.law.name, begin, begin + _DAY, scope=scope, subject=subject)


def _hours(draw: _Draw) -> Question:
    begin, (first, end) = draw.day(draw.contents.days), draw.hours()
    return Question(draw.law.name, begin + first, begin + end)


def _subject_hours(draw: _Draw) -> Question:
    begin, (first, end), (scope, subject) = draw.day(draw.contents.days), draw.hours(), draw.subject()
    return Question(draw.law.name, begin + first, begin + end, "dlr", scope=scope, subject=subject)


def _cells(draw: _Draw) -> Question:
    """A tenant's day, or some hours of it under a filter; or an hour of all tenants that this round lacks."""
    dataset = draw.dataset()
    begin, tenant = draw.day(draw.contents.datasets[dataset].days), draw.tenant(dataset)
    if tenant == EVERY_TENANT:
        verified = draw.contents.hours.get((dataset, day_of(begin)), 0)
        hour = draw.random.choice([hour for hour in range(HOURS_PER_DAY) if not verified & WHOLE_DAY & 1 << hour])
        return Question(draw.law.name, begin + hour * _HOUR, begin + (hour + 1) * _HOUR, dataset)
    dimension, value = draw.filter(dataset)
    first, end = draw.hours() if dimension else (0, _DAY)
    return Question(draw.law.name, begin + first, begin + end, dataset, tenant, dimension=dimension, value=value)


def _day_cells(draw: _Draw) -> Question:
    dataset = draw.dataset(with_days=True)
    begin, tenant = draw.day(draw.contents.datasets[dataset].days), draw.tenant(dataset)
    dimension, value = draw.filter(dataset)
    return Question(draw.law.name, begin, begin + _DAY, dataset, tenant, dimension=dimension, value=value)


def _local_days(draw: _Draw) -> Question:
    dataset = draw.dataset()
    contents = draw.contents.datasets[dataset]
    day, tenant = day_of(draw.day(contents.days)), draw.random.choice(contents.tenants)
    zone, length = draw.random.choice(ZONES), draw.random.randint(1, LOCAL_DAYS)
    first, end = (midnight(each, zone) for each in (day, day + timedelta(days=length)))
    dimension, value = draw.filter(dataset)
    return Question(draw.law.name, first, end, dataset, tenant, dimension=dimension, value=value, zone=zone)


def _pages(draw: _Draw) -> Question:
    dataset = draw.dataset()
    contents = draw.contents.datasets[dataset]
    begin, tenant = draw.day(contents.days), draw.random.choice(contents.tenants)
    return Question(draw.law.name, begin, begin + _DAY, dataset, tenant, page=draw.random.randint(1, 5))


def _copies(draw: _Draw) -> Question:
    dataset = draw.random.choice([name for name in WITHOUT_COPIES if draw.contents.datasets[name].days])
    begin, hour = draw.day(draw.contents.datasets[dataset].days), draw.random.randrange(HOURS_PER_DAY)
    return Question(draw.law.name, begin + hour * _HOUR, begin + (hour + 1) * _HOUR, dataset)


def _archived_day(draw: _Draw) -> Question:
    begin = draw.day(draw.contents.archived)
    return Question(draw.law.name, begin, begin + _DAY)


def _archived_subject(draw: _Draw) -> Question:
    begin, (first, end), (scope, subject) = draw.day(draw.contents.archived), draw.hours(), draw.subject()
    return Question(draw.law.name, begin + first, begin + end, "dlr", scope=scope, subject=subject)


_DRAWS: Final[Mapping[Kind, Callable[[_Draw], Question]]] = {
    "subject_day": _subject_day,
    "hours": _hours,
    "subject_hours": _subject_hours,
    "cells": _cells,
    "day_cells": _day_cells,
    "local_days": _local_days,
    "pages": _pages,
    "copies": _copies,
    "archived_day": _archived_day,
    "archived_subject": _archived_subject,
}


def begin_of(day: date) -> int:
    """The second at which a UTC day begins."""
    return instant(datetime.combine(day, time(), UTC)) // SECOND


def day_of(second: int) -> date:
    return datetime.fromtimestamp(second, UTC).date()


def midnight(day: date, zone: str) -> int:
    """The second at which a day of a zone begins."""
    return instant(datetime.combine(day, time(), timezone(zone))) // SECOND
