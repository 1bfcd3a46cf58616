"""How long the ledger remembers that an event was counted, and what follows from that. Pure.

Claims are forgotten by partitions of one event day each, and by their age: the ledger promises to know a claim for
`memory` (None: for ever), whatever the event's own time is. A stream may therefore deliver again whatever it stored
within `memory`, since an event is claimed after it was stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

# A partition stays for so much longer than promised: a replay that begins at the edge of the memory has a day to end.
GRACE: Final = timedelta(days=1)
# Claims carry PostgreSQL's time and messages that of NATS; the two clocks agree better than this.
CLOCKS: Final = timedelta(minutes=10)


class LedgerDay(NamedTuple):
    """One event day; `kept` if it has a partition now.

    `newest_claim_at` is None if none of its events was ever claimed, `forgotten_claim_at` the newest claim that went
    with a partition, None if none went.
    """

    day: date
    newest_claim_at: datetime | None
    kept: bool
    forgotten_claim_at: datetime | None = None


def memory(days: int) -> timedelta | None:
    """The meaning of ANLYT_DEDUP_DAYS."""
    return timedelta(days=days) if days else None


def forgettable(ledger: Iterable[LedgerDay], now: datetime, memory: timedelta | None) -> list[date]:
    """The days whose partitions may be dropped, by `anlyt.forget_day(day, horizon)`.

    It asks again, as a claim may have come in since, and notes what is forgotten.
    """
    if memory is None:
        return []
    return [found.day for found in ledger if found.kept and _last_use(found) < horizon(now, memory)]


def horizon(now: datetime, memory: timedelta) -> datetime:
    """Claims older than this may be forgotten."""
    return now - memory - GRACE


def remembered_since(ledger: Iterable[LedgerDay], now: datetime, memory: timedelta | None) -> datetime | None:
    """Whatever a stream stored from this instant on is recognised if it was counted; None: so is everything.

    What was dropped counts, whatever `memory` was then, and what may be dropped while a replay lasts.
    """
    forgotten = [at for found in ledger for at in _forgotten(found, now, memory)]
    return max(forgotten) + CLOCKS if forgotten else None


def outlives(memory: timedelta | None, retention: timedelta | None) -> bool:
    """Whether claims are known for as long as a stream can deliver their events (None: for ever)."""
    return memory is None or (retention is not None and memory >= retention)


def longest(known: Sequence[timedelta | None]) -> timedelta | None:
    """The longest of several memories; None, which is for ever, is longer than any."""
    limited = [memory for memory in known if memory is not None]
    return max(limited) if len(limited) == len(known) else None


def _forgotten(found: LedgerDay, now: datetime, memory: timedelta | None) -> Iterator[datetime]:
    """The newest claims that are gone, or may go within the grace."""
    if found.forgotten_claim_at is not None:
        yield found.forgotten_claim_at
    if (newest := found.newest_claim_at) is None:
        return
    if not found.kept or (memory is not None and newest < now - memory):
        yield newest


def _last_use(found: LedgerDay) -> datetime:
    """When the partition was last claimed in; of one that never was, when its day ended."""
    return found.newest_claim_at or datetime(found.day.year, found.day.month, found.day.day, 23, 59, 59, tzinfo=UTC)
