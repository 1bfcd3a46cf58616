"""Counts active accounts. A set of accounts has one bit per account, so hours and days add up by `or`."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

import numpy as np

from graph.reports.reading.as_of import AsOfSnapshot
from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import DAY_HOURS, DaySlice, day_date, hour_start, whole_days
from infra.arrays import ints
from infra.sql import statement

FEW: Final = 4  # Up to so many slices are read one by one and cached; more are read as one range.

_SQL: Final = Path(__file__).parent / "sql"
ACTIVE_DAYS: Final = statement(_SQL, "active_days")
ACTIVE_BETWEEN: Final = statement(_SQL, "active_between")
_NUMBERS: Final = statement(_SQL, "account_numbers")
_KEY: Final = "active"
_SET_BYTES: Final = 200  # the size of a set without its bits


async def count_active(snapshot: Snapshot, slices: Sequence[DaySlice]) -> int:
    """The number of accounts with an event in a window's slices. The set of its whole days is cached as one, too."""
    if isinstance(snapshot, AsOfSnapshot):
        return await snapshot.count_active(slices)
    begin, end = whole_days(slices)
    run, edges = slices[begin:end], [*slices[:begin], *slices[end:]]
    if len(run) < 2:
        return (await _union(snapshot, slices)).bit_count()
    part, version = (run[0].day, run[-1].day), snapshot.versions.of_run(run)
    accounts = snapshot.cache.active.get_one(_KEY, part, version)
    if accounts is not None:
        return (accounts | await _union(snapshot, edges)).bit_count()
    found = await _union(snapshot, slices)
    sets = [each for each in snapshot.cache.active.get(_KEY, run, snapshot.versions.by_day) if each is not None]
    if len(sets) == len(run):
        accounts = reduce(or_, sets)
        snapshot.cache.active.put(_KEY, part, version, accounts, _bytes(accounts))
    return found.bit_count()


async def _union(snapshot: Snapshot, slices: Sequence[DaySlice]) -> int:
    cached = snapshot.cache.active.get(_KEY, slices, snapshot.versions.by_day)
    sets = [each for each in cached if each is not None]
    if len(sets) < len(slices):
        sets += await _read(snapshot, [each for each, accounts in zip(slices, cached, strict=True) if accounts is None])
    return reduce(or_, sets, 0)


async def _read(snapshot: Snapshot, slices: Sequence[DaySlice]) -> list[int]:
    """Sets whose union has the accounts of all slices. Caches those of single slices."""
    partial = [day_date(each.day) for each in slices if not each.is_whole_day]
    rows = await snapshot.connection.fetch(ACTIVE_DAYS, [day_date(each.day) for each in slices], partial)
    known = {row["day"]: row for row in rows}
    found = {
        each: set_of_day(row["accounts"]) if each.is_whole_day else set_of_hours(each, row["hours"])
        for each in slices
        if (row := known.get(each.day)) is not None
    }
    others = [each for each in slices if each not in found]
    if len(others) <= FEW:
        found |= {each: await _between(snapshot, each.first_hour, each.end_hour) for each in others}
        others = []
    versions = snapshot.versions
    for each, accounts in found.items():
        if each.day not in versions.batches:
            snapshot.cache.active.put(_KEY, each, versions.by_day.get(each.day), accounts, _bytes(accounts))
    as_one = [await _between(snapshot, others[0].first_hour, others[-1].end_hour)] if others else []
    return [*found.values(), *as_one, await _archived(snapshot, slices)]


def _bytes(accounts: int) -> int:
    return _SET_BYTES + accounts.bit_length() // 8


async def _between(snapshot: Snapshot, first: int, end: int) -> int:
    return as_set(await snapshot.fetch_value(ACTIVE_BETWEEN, hour_start(first), hour_start(end)))


async def _archived(snapshot: Snapshot, slices: Sequence[DaySlice]) -> int:
    accounts = await snapshot.archive.accounts([each for each in slices if each.day in snapshot.versions.batches])
    return as_set(await snapshot.fetch_value(_NUMBERS, sorted(set(accounts)))) if accounts else 0


def set_of_day(accounts: bytes) -> int:
    """The set of a day, from `accounts` of active_days."""
    return int.from_bytes(accounts, "little")


def set_of_hours(day_slice: DaySlice, hours: bytes) -> int:
    """The set of a slice, from `hours` of active_days: 24 sets of equal length."""
    length = len(hours) // DAY_HOURS
    return reduce(
        or_,
        (
            int.from_bytes(hours[hour * length : (hour + 1) * length], "little")
            for hour in range(day_slice.first, day_slice.end)
        ),
    )


def as_set(numbers: bytes | None) -> int:
    """The set of the accounts with some numbers. Takes an int4[] as PostgreSQL sends it; None: empty."""
    if numbers is None:
        return 0
    bits = ints([numbers])
    flags = np.zeros(int(bits.max()) + 1, np.uint8)
    flags[bits] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
