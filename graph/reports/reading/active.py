"""How many accounts were active: sets of bits, a bit an account, that add up over any hours and days."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

import numpy as np

from graph.reports.reading.snapshot import Snapshot
from graph.reports.windows import DAY_HOURS, Slice, day_date, hour_start
from infra.arrays import ints
from infra.sql import statement

FEW: Final = 4  # slices that are read from hours one by one, to be kept; more are read as one

_SQL: Final = Path(__file__).parent / "sql"
_DAYS, _BETWEEN, _NUMBERS = (statement(_SQL, name) for name in ("active_days", "active_between", "account_numbers"))
_KEY: Final = "active"
_SET_BYTES: Final = 200  # without its bits


async def count_active(snapshot: Snapshot, slices: Sequence[Slice]) -> int:
    """How many accounts had an event in some neighbouring days, the first and the last of which may be cut."""
    kept = snapshot.memory.active.recall(_KEY, slices, snapshot.marks.of_days)
    sets = [each for each in kept if each is not None]
    if len(sets) < len(slices):
        sets += await _read(snapshot, [piece for piece, each in zip(slices, kept, strict=True) if each is None])
    return reduce(or_, sets, 0).bit_count()


async def _read(snapshot: Snapshot, slices: Sequence[Slice]) -> list[int]:
    """Sets that together hold the accounts of some slices; those of a slice are kept."""
    cut = [day_date(each.day) for each in slices if not each.is_whole_day]
    rows = await snapshot.connection.fetch(_DAYS, [day_date(each.day) for each in slices], cut)
    known = {row["day"]: row for row in rows}
    found = {
        piece: active_in(piece, known[piece.day]["accounts"], known[piece.day]["hours"])
        for piece in slices
        if piece.day in known
    }
    others = [piece for piece in slices if piece not in found]
    if len(others) <= FEW:
        found |= {piece: await _between(snapshot, piece.first_hour, piece.end_hour) for piece in others}
        others = []
    marks = snapshot.marks
    for piece, accounts in found.items():
        if piece.day not in marks.batches:
            size = _SET_BYTES + accounts.bit_length() // 8
            snapshot.memory.active.keep(_KEY, piece, marks.of_days.get(piece.day), accounts, size)
    together = [await _between(snapshot, others[0].first_hour, others[-1].end_hour)] if others else []
    return [*found.values(), *together, await _archived(snapshot, slices)]


async def _between(snapshot: Snapshot, first: int, end: int) -> int:
    return bits(await snapshot.fetch_value(_BETWEEN, hour_start(first), hour_start(end)))


async def _archived(snapshot: Snapshot, slices: Sequence[Slice]) -> int:
    accounts = await snapshot.archive.accounts([piece for piece in slices if piece.day in snapshot.marks.batches])
    return bits(await snapshot.fetch_value(_NUMBERS, sorted(set(accounts)))) if accounts else 0


def active_in(piece: Slice, accounts: bytes, hours: bytes | None) -> int:
    """The set of a slice, from those of its day and of the day's hours."""
    if piece.is_whole_day:
        return int.from_bytes(accounts, "little")
    assert hours is not None
    length = len(hours) // DAY_HOURS
    return reduce(
        or_,
        (
            int.from_bytes(hours[hour * length : (hour + 1) * length], "little")
            for hour in range(piece.first, piece.end)
        ),
    )


def bits(sent: bytes | None) -> int:
    """The set of the accounts with some numbers, an int4[] as PostgreSQL sends it."""
    if sent is None:
        return 0
    numbers = ints([sent])
    flags = np.zeros(int(numbers.max()) + 1, np.uint8)
    flags[numbers] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
