"""How many accounts were active: sets of bits, a bit an account, that add up over any hours and days."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

import numpy as np

from graph.reports.snapshot import Snapshot, stretches
from graph.reports.windows import DAY_HOURS, Slice, day_date, hour_start
from infra.arrays import ints
from infra.sql import statement

_SQL: Final = Path(__file__).parent / "sql"
_DAYS, _BETWEEN, _NUMBERS = (statement(_SQL, name) for name in ("active_days", "active_between", "account_numbers"))


async def count_active(snapshot: Snapshot, slices: Sequence[Slice]) -> int:
    """How many accounts had an event in some neighbouring days, the first and the last of which may be cut."""
    first, last = slices[0], slices[-1]
    bounds = [day_date(each.day) for each in (first, last)]
    known = {row["day"]: row for row in await snapshot.connection.fetch(_DAYS, *bounds, *bounds)}
    sets = [
        active_in(piece, known[piece.day]["accounts"], known[piece.day]["hours"])
        for piece in slices
        if piece.day in known
    ]
    for start, end in stretches([piece for piece in slices if piece.day not in known]):
        sets.append(bits(await snapshot.fetch_value(_BETWEEN, hour_start(start), hour_start(end))))
    old = [piece for piece in slices if piece.day in snapshot.marks.batches]
    whole, cut = [each for each in old if each.is_whole_day], [each for each in old if not each.is_whole_day]
    spans = [*stretches(cut), *([(whole[0].first_hour, whole[-1].end_hour)] if whole else [])]
    if accounts := {account for span in spans for account in await snapshot.archive.accounts(*span)}:
        sets.append(bits(await snapshot.fetch_value(_NUMBERS, sorted(accounts))))
    return reduce(or_, sets, 0).bit_count()


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
