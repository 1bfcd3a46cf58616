"""Decides which partitions, ledger days and runs are due. Pure: no I/O."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from pipelines.definition import Counts
from schema.dedup import LedgerDay, forgettable, horizon
from schema.partitions import Partition, next_month, of_hours, of_ledger

DAY: Final = timedelta(days=1)
# Event times may be a day ahead; two more days make one missed run harmless.
AHEAD: Final = 3 * DAY


class Ledger(NamedTuple):
    """The dedup ledger by event day; `memory` as in schema/dedup.py."""

    days: Sequence[LedgerDay]
    now: datetime
    memory: timedelta | None


class Forgettable(NamedTuple):
    """Event days of the dedup ledger without a claim since `horizon`.

    `stored_before`: no stream redelivers messages that it stored before this time; None: there is no such time.
    """

    days: Sequence[date]
    horizon: datetime
    stored_before: datetime | None


def ahead(now: datetime) -> tuple[Sequence[Partition], Counts]:
    """The partitions of the coming days, and of this month and the next one."""
    today = now.astimezone(UTC).date()
    days = [of_ledger(today + days * DAY) for days in range(AHEAD // DAY + 1)]
    made = [*of_hours(today), *of_hours(next_month(today)), *days]
    return made, {"partitions_ahead": len(made)}


def unneeded(ledger: Ledger) -> tuple[Forgettable, Counts]:
    """The event days whose claims are no longer needed; none if the ledger has no time limit."""
    days = forgettable(ledger.days, ledger.now, ledger.memory)
    since = None if ledger.memory is None else horizon(ledger.now, ledger.memory)
    return Forgettable(days, since or ledger.now, since), {"ledger_days_dropped": len(days)}


def stale(runs: Sequence[int]) -> tuple[Sequence[int], Counts]:
    """The ids of runs whose rows are to be deleted, unchanged, and their number."""
    return runs, {"runs_forgotten": len(runs)}


def count(*counts: Counts) -> Counts:
    """The counts of all nodes together."""
    return {what: number for each in counts for what, number in each.items()}
