"""How long the dedup ledger remembers claims, and which of its days may be dropped. Pure: no I/O.

The ledger keeps a claim for `memory` (None: without limit) after it was made, whatever the event's own time. It drops
partitions of one event day each. An event is claimed after its stream stored it, so a stream may redeliver everything
that it stored within `memory`.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

# A partition stays this much longer than `memory`: a replay that starts at the edge of the memory has a day to end.
GRACE: Final = timedelta(days=1)
# Claims carry PostgreSQL's time and messages the time of NATS; the two clocks differ by less than this.
CLOCKS: Final = timedelta(minutes=10)


class LedgerDay(NamedTuple):
    """One event day of the ledger.

    `newest_claim_at`: None if no event of the day was ever claimed. `kept`: it has a partition now.
    `forgotten_claim_at`: the newest claim that was dropped with a partition; None if none was.
    """

    day: date
    newest_claim_at: datetime | None
    kept: bool
    forgotten_claim_at: datetime | None = None


def memory(days: int) -> timedelta | None:
    """The memory that ANLYT_DEDUP_DAYS stands for; 0 is without limit (None)."""
    return timedelta(days=days) if days else None


def forgettable(ledger: Iterable[LedgerDay], now: datetime, memory: timedelta | None) -> list[date]:
    """The days whose partitions may be dropped, with `anlyt.forget_day(day, horizon)`.

    That function checks again, because a claim may have arrived since, and notes the newest dropped claim.
    """
    if memory is None:
        return []
    return [day.day for day in ledger if day.kept and _last_use(day) < horizon(now, memory)]


def horizon(now: datetime, memory: timedelta) -> datetime:
    """The time before which claims may be forgotten."""
    return now - memory - GRACE


def remembered_since(ledger: Iterable[LedgerDay], now: datetime, memory: timedelta | None) -> datetime | None:
    """The time from which on the ledger recognises counted events, by when a stream stored them. None: all of them.

    Considers claims that were dropped, whatever `memory` was then, and those that may be dropped during a replay.
    """
    forgotten = [at for day in ledger for at in _forgotten(day, now, memory)]
    return max(forgotten) + CLOCKS if forgotten else None


def outlives(memory: timedelta | None, retention: timedelta | None) -> bool:
    """Whether the ledger keeps claims for as long as a stream keeps their events. None: without limit."""
    return memory is None or (retention is not None and memory >= retention)


def longest(known: Sequence[timedelta | None]) -> timedelta | None:
    """The longest of several memories. None, which has no limit, is the longest."""
    limited = [memory for memory in known if memory is not None]
    return max(limited) if len(limited) == len(known) else None


def _forgotten(day: LedgerDay, now: datetime, memory: timedelta | None) -> Iterator[datetime]:
    """The newest claims of the day that are dropped, or may be dropped within the grace."""
    if day.forgotten_claim_at is not None:
        yield day.forgotten_claim_at
    if (newest := day.newest_claim_at) is None:
        return
    if not day.kept or (memory is not None and newest < now - memory):
        yield newest


def _last_use(day: LedgerDay) -> datetime:
    """The newest claim of the day; the end of the day if it never had one."""
    return day.newest_claim_at or datetime(day.day.year, day.day.month, day.day.day, 23, 59, 59, tzinfo=UTC)
