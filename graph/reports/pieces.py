"""A day of a subject, as it is kept: immutable, and cut to the hours that a window has of it."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from graph.reports import latency
from graph.reports.answers import Point, UsageDay
from graph.reports.arrays import Numbers, exact
from graph.reports.latency import Dense, Sparse
from graph.reports.metrics import NOTHING, Counts, money, total
from graph.reports.windows import DAY_HOURS, Slice, day_date, day_start, hour_start

Amounts: TypeAlias = Mapping[str, int]  # millionths of each currency but the reporting one
NONE: Final[Amounts] = MappingProxyType({})
P95: Final = 95


class Hour(NamedTuple):
    """What one hour of a subject holds."""

    counts: Counts = NOTHING
    samples: Sparse = latency.NO_SAMPLES
    amounts: Amounts = NONE


class Sum(NamedTuple):
    """What some hours or days hold together."""

    counts: Counts
    samples: Dense
    amounts: Amounts


EMPTY: Final = Sum(NOTHING, latency.EMPTY, NONE)


class Part(NamedTuple):
    """The hours of a slice together, and how a series shows them."""

    sum: Sum
    point: Point


QUIET: Final = Hour()


@dataclass(frozen=True, eq=False)
class HourlyDay:
    """A day by hours; hours without a row are absent. Compared by identity: a day that is read again is another one."""

    day: int
    hours: Mapping[int, Hour]  # by hour of the day, 0-23

    @property
    def has_rows(self) -> bool:
        return bool(self.hours)

    def part(self, piece: Slice) -> Part:
        """The hours of `piece` together."""
        return self.whole if piece.is_whole_day else _cut(self, piece)

    def points(self, piece: Slice) -> Sequence[Point]:
        """The hours of `piece` one by one."""
        return self._points[piece.first : piece.end]

    @cached_property
    def whole(self) -> Part:
        """All hours together."""
        return self.cut(Slice(self.day, 0, DAY_HOURS))

    @cached_property
    def _points(self) -> Sequence[Point]:
        first = self.day * DAY_HOURS
        return tuple(_hour_point(first + hour, self.hours.get(hour, QUIET)) for hour in range(DAY_HOURS))

    def cut(self, piece: Slice) -> Part:
        """`part`, worked out anew."""
        inside = [self.hours[hour] for hour in range(piece.first, piece.end) if hour in self.hours]
        counts = total(hour.counts for hour in inside)
        samples = latency.dense(hour.samples for hour in inside)
        return make_part(self.day, Sum(counts, samples, add_amounts(hour.amounts for hour in inside)))


@dataclass(frozen=True, eq=False)
class RolledDay:
    """A whole day, its hours together. Compared by identity, as HourlyDay is."""

    day: int
    sum: Sum = EMPTY
    has_rows: bool = False

    @cached_property
    def whole(self) -> Part:
        return make_part(self.day, self.sum)

    def part(self, piece: Slice) -> Part:
        """The day; ValueError for less of it."""
        if not piece.is_whole_day:
            raise ValueError(f"A day that was added up cannot be cut: {piece}.")
        return self.whole


def summed(day: HourlyDay) -> RolledDay:
    """A day's hours together."""
    return RolledDay(day.day, day.whole.sum, day.has_rows)


@lru_cache(maxsize=1024)
def _cut(day: HourlyDay, piece: Slice) -> Part:
    """Windows differ in where they cut their first and last day, and there are 24 hours to cut at."""
    return day.cut(piece)


class DailySum(NamedTuple):
    """The hours of one slice together, without latencies."""

    counts: Counts
    amounts: Amounts
    usage: UsageDay


@dataclass(frozen=True, eq=False)
class CountedDay:
    """A day by hours without latencies, compactly: a column an hour that has a row.

    `columns`: a row each for the first five of Counts, which add up over a day within their type.
    """

    day: int
    hours: Sequence[int] = ()  # of the day, ascending
    columns: Numbers = field(default_factory=lambda: np.zeros((5, 0), np.int64))
    amounts: Mapping[int, Amounts] = field(default_factory=dict)  # by hour of the day

    def sum(self, piece: Slice) -> DailySum:
        """The hours of `piece` together."""
        return self.whole if piece.is_whole_day else self._sum(piece.first, piece.end)

    @cached_property
    def whole(self) -> DailySum:
        """All hours together."""
        return self._sum(0, DAY_HOURS)

    def counts(self, hour: int) -> Counts:
        """One hour of the day."""
        return self._sum(hour, hour + 1).counts

    def _sum(self, first: int, end: int) -> DailySum:
        inside = slice(bisect_left(self.hours, first), bisect_left(self.hours, end))
        counts = Counts(*self.columns[:, inside].sum(axis=1).tolist())
        amounts = add_amounts(held for hour, held in self.amounts.items() if first <= hour < end) or NONE
        return make_sum(self.day, counts, amounts)


def make_sum(day: int, counts: Counts = NOTHING, amounts: Amounts = NONE) -> DailySum:
    """The sums of a day since 1970, or of some of its hours."""
    usage = UsageDay(
        date=day_date(day),
        sent=counts.messages,
        delivered=counts.delivered,
        failed=counts.failed,
        segments=counts.segments,
        cost=money(counts.cost),
    )
    return DailySum(counts, amounts, usage)


def add_hours(one: Hour, other: Hour) -> Hour:
    """Two parts of what was counted in one hour."""
    samples = latency.merge_sparse(one.samples, other.samples)
    return Hour(total((one.counts, other.counts)), samples, add_amounts((one.amounts, other.amounts)))


def add_hourly(one: HourlyDay, other: HourlyDay) -> HourlyDay:
    """Two parts of what was counted in one day."""
    hours = one.hours.keys() | other.hours.keys()
    return HourlyDay(
        one.day, {hour: add_hours(one.hours.get(hour, QUIET), other.hours.get(hour, QUIET)) for hour in hours}
    )


def add_rolled(one: RolledDay, other: RolledDay) -> RolledDay:
    """Two parts of what was counted in one day."""
    sum_ = Sum(
        total((one.sum.counts, other.sum.counts)),
        latency.merge((one.sum.samples, other.sum.samples)),
        add_amounts((one.sum.amounts, other.sum.amounts)),
    )
    return RolledDay(one.day, sum_, one.has_rows or other.has_rows)


def add_counted(one: CountedDay, other: CountedDay) -> CountedDay:
    """Two parts of what was counted in one day."""
    parts = ((hour, day.counts(hour), day.amounts.get(hour, NONE)) for day in (one, other) for hour in (*day.hours,))
    return counted(one.day, parts)


def counted(day: int, parts: Iterable[tuple[int, Counts, Amounts]]) -> CountedDay:
    """A day from parts of its hours: the hour, what was counted in it, and amounts in other currencies."""
    hours: dict[int, Counts] = {}
    amounts: dict[int, Amounts] = {}
    for hour, counts, others in parts:
        hours[hour] = total((hours.get(hour, NOTHING), counts))
        if others:
            amounts[hour] = add_amounts((amounts.get(hour, NONE), others))
    ascending = sorted(hours)
    columns = exact(list(zip(*(hours[hour][:5] for hour in ascending), strict=True)))
    return CountedDay(day, ascending, columns, amounts)


def make_part(day: int, sum_: Sum) -> Part:
    """What some hours of a day since 1970 hold, and how a series shows it."""
    return Part(sum_, make_point(day_start(day), sum_.counts, latency.percentile(sum_.samples, P95)))


def make_point(time: datetime, counts: Counts, p95: int | None) -> Point:
    """One point of a series."""
    return Point(
        time=time,
        total_messages=counts.messages,
        delivered_messages=counts.delivered,
        failed_messages=counts.failed,
        pending_messages=counts.pending,
        delivery_rate=counts.delivery_rate,
        error_rate=counts.error_rate,
        total_cost=money(counts.cost),
        avg_latency_ms=counts.average_latency,
        p95_latency_ms=p95,
        peak_tps=counts.peak_tps,
    )


def add_amounts(parts: Iterable[Amounts]) -> Amounts:
    """All parts together, by currency."""
    merged: dict[str, int] = {}
    for part in parts:
        for currency, amount in part.items():
            merged[currency] = merged.get(currency, 0) + amount
    return merged


def _hour_point(hour: int, held: Hour) -> Point:
    return make_point(hour_start(hour), held.counts, latency.sparse_percentile(held.samples, P95))
