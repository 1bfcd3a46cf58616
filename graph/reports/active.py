"""Which accounts were active: sets of bits, a bit an account, that add up over any days and hours."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import or_
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from graph.reports.archive import Archive
from graph.reports.arrays import ints
from graph.reports.reading import Days
from graph.reports.rolled import clean_days
from graph.reports.runs import Loaded, Run, days_of, stretches
from graph.reports.sources import Source
from graph.reports.windows import Slice, day_date, day_number, day_start
from infra.postgres import Connection, statement

_SQL: Final = Path(__file__).parent / "sql"
_ACCOUNTS, _ACCOUNTS_BETWEEN = (statement(_SQL, name) for name in ("accounts", "accounts_between"))
_ARCHIVED, _ARCHIVED_DAYS = (statement(_SQL, name) for name in ("archived_accounts", "archived_account_days"))
_ROLLED, _ROLLED_BETWEEN = (statement(_SQL, name) for name in ("accounts_rolled", "accounts_between_rolled"))

_NOBODY: Final = np.zeros(0, np.int32)


@dataclass(frozen=True, eq=False)
class Active:
    """The accounts of a day, or of several that are never cut: `whole` has the bits of all.

    `accounts` are the numbers of the same, and `hours` the hours of each: bit 0 is the first of the day.
    """

    whole: int = 0
    accounts: npt.NDArray[np.int32] = field(default_factory=lambda: _NOBODY)
    hours: npt.NDArray[np.int32] = field(default_factory=lambda: _NOBODY)

    def during(self, piece: Slice) -> int:
        """The bits of those with an event in the hours of `piece`."""
        return self.whole if piece.is_whole_day or not len(self.accounts) else _cut(self, piece)


@lru_cache(maxsize=1024)
def _cut(day: Active, piece: Slice) -> int:
    """Windows differ in where they cut their first and last day, and there are 24 hours to cut at."""
    asked = (1 << piece.end) - (1 << piece.first)
    return bits(day.accounts[day.hours & asked != 0])


def count_active(days: Days[Active]) -> int:
    """How many accounts had an event in a window."""
    cut = (day.during(piece) for piece, day in (*days.before, *days.after))
    return reduce(or_, cut, _together(days.whole)).bit_count()


@lru_cache(maxsize=256)
def _together(days: tuple[Active, ...]) -> int:
    """Whole days: what windows have in common that differ in their first and last hours only."""
    return reduce(or_, (day.whole for day in days), 0)


def bits(accounts: Sequence[int] | npt.NDArray[np.int32]) -> int:
    """The set of some accounts, given by their numbers."""
    if not len(accounts):
        return 0
    flags = np.zeros(int(np.max(accounts)) + 1, np.uint8)
    flags[accounts] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


class AccountSources(NamedTuple):
    """Who was active: by hours for what is cut out of a day, whole days for the rest."""

    hourly: Source[Active]
    daily: Source[Active]


def account_sources() -> AccountSources:
    """Each reader numbers accounts in the order in which it meets them."""
    numbered = Numbers()
    return AccountSources(
        Source(
            "accounts by hours",
            numbered.load_hourly,
            empty=lambda _: NOBODY,
            size=_size,
            whole_days=True,
            days_at_once=5,
            archived=numbered.archived_hourly,
            add=_add,
        ),
        Source(
            "accounts by days",
            numbered.load_daily,
            empty=lambda _: NOBODY,
            size=_size,
            whole_days=True,
            days_at_once=5,
            archived=numbered.archived_daily,
            add=_add,
            lump=numbered.lump,
        ),
    )


class Numbers:
    """A number for each account that was met, and the days that are told by them."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    async def load_hourly(self, connection: Connection, runs: Sequence[Run]) -> Loaded[Active]:
        return _by_run(runs, await self._by_hours(connection, _days(runs)))

    async def load_daily(self, connection: Connection, runs: Sequence[Run]) -> Loaded[Active]:
        """Clean days from daily rows."""
        days = _days(runs)
        clean = await clean_days(connection, days)
        rows = await connection.fetch(_ROLLED, [day_date(day) for day in clean])
        found = {day_number(row["day"]): self._active(row["accounts"]) for row in rows}
        dirty = [day for day in days if day not in clean]
        by_day = await self._by_hours(connection, dirty) if dirty else {}
        return _by_run(runs, found | {day: Active(hours.whole) for day, hours in by_day.items()})

    async def lump(self, connection: Connection, run: Run) -> Active:
        clean = await clean_days(connection, days_of(run))
        found: set[str] = set(await connection.fetchval(_ROLLED_BETWEEN, [day_date(day) for day in clean]))
        for dirty in stretches(day for day in days_of(run) if day not in clean):
            between = day_start(dirty.start), day_start(dirty.stop)
            found.update(await connection.fetchval(_ACCOUNTS_BETWEEN, *between))
        return self._active(sorted(found))

    async def archived_hourly(self, archive: Archive, runs: Sequence[Run]) -> Loaded[Active]:
        days: dict[int, dict[str, int]] = defaultdict(dict)
        for day, account, hours in await archive.fetch(_ARCHIVED, runs):
            days[day][account] = hours
        return _by_run(runs, {day: self._active([*hours], [*hours.values()]) for day, hours in days.items()})

    async def archived_daily(self, archive: Archive, runs: Sequence[Run]) -> Loaded[Active]:
        rows = await archive.fetch(_ARCHIVED_DAYS, runs)
        return _by_run(runs, {day: self._active(accounts) for day, accounts in rows})

    async def _by_hours(self, connection: Connection, days: Sequence[int]) -> Mapping[int, Active]:
        rows = await connection.fetch(_ACCOUNTS, [day_start(day) for day in days])
        return {days[row[0] - 1]: self._active(row[1], ints([row[2]])) for row in rows}

    def _active(self, accounts: Sequence[str], hours: Sequence[int] | npt.NDArray[np.int32] = ()) -> Active:
        """Without `hours`, of a day that is never cut."""
        known = [self._numbers.setdefault(account, len(self._numbers)) for account in accounts]
        if not len(hours):
            return Active(bits(known))
        return Active(bits(known), np.array(known, np.int32), np.array(hours, np.int32))


NOBODY: Final = Active()


def _size(active: Active) -> int:
    return 600 + active.whole.bit_length() // 8 + 8 * len(active.accounts)


def _add(one: Active, other: Active) -> Active:
    return Active(
        one.whole | other.whole,
        np.concatenate([one.accounts, other.accounts]),
        np.concatenate([one.hours, other.hours]),
    )


def _days(runs: Sequence[Run]) -> Sequence[int]:
    return sorted({day for run in runs for day in days_of(run)})


def _by_run(runs: Sequence[Run], days: Mapping[int, Active]) -> Loaded[Active]:
    return {(number, day): days[day] for number, run in enumerate(runs) for day in days_of(run) if day in days}
