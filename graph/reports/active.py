"""Which accounts were active: sets of bits, a bit an account, that add up over any days and hours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from graph.reports.arrays import ints
from graph.reports.sources import Loaded, Run, Source
from graph.reports.windows import DAY_HOURS, Slice, hour_start
from infra.postgres import Connection, statement

_SQL: Final = Path(__file__).parent / "sql"
_ACCOUNTS, _ACCOUNTS_BETWEEN = (statement(_SQL, name) for name in ("accounts", "accounts_between"))

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
        if piece.is_whole_day or not len(self.accounts):
            return self.whole
        asked = (1 << piece.end) - (1 << piece.first)
        return bits(self.accounts[self.hours & asked != 0])


def bits(accounts: Sequence[int] | npt.NDArray[np.int32]) -> int:
    """The set of some accounts, given by their numbers."""
    if not len(accounts):
        return 0
    flags = np.zeros(int(np.max(accounts)) + 1, np.uint8)
    flags[accounts] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")


def accounts_source() -> Source[Active]:
    """Each reader numbers accounts in the order in which it meets them."""
    numbers: dict[str, int] = {}

    async def load(connection: Connection, runs: Sequence[Run]) -> Loaded[Active]:
        days = [(number, day) for number, run in enumerate(runs) for day in _days(run)]
        starts = [hour_start(day * DAY_HOURS) for _, day in days]
        rows = await connection.fetch(_ACCOUNTS, starts)
        return {days[row[0] - 1]: active(row[1], row[2]) for row in rows}

    async def lump(connection: Connection, run: Run) -> Active:
        between = hour_start(run.first_hour), hour_start(run.end_hour)
        return Active(bits(numbered(await connection.fetchval(_ACCOUNTS_BETWEEN, *between))))

    def active(accounts: Sequence[str], hours: bytes) -> Active:
        known = numbered(accounts)
        return Active(bits(known), np.array(known, np.int32), ints([hours]))

    def numbered(accounts: Sequence[str]) -> list[int]:
        return [numbers.setdefault(account, len(numbers)) for account in accounts]

    return Source(
        "accounts",
        load,
        empty=lambda _: Active(),
        size=lambda active: 600 + active.whole.bit_length() // 8 + 8 * len(active.accounts),
        whole_days=True,
        days_at_once=5,
        lump=lump,
    )


def _days(run: Run) -> range:
    return range(run.first_hour // DAY_HOURS, -(-run.end_hour // DAY_HOURS))
