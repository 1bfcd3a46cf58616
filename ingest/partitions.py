"""Creates PostgreSQL partitions when an event needs them, so that no event's day stops a batch."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from infra.postgres import Pool

ENSURE: Final = "select anlyt.ensure_partition($1, $2, $3)"
MONTHLY: Final = ("metrics_hourly", "costs_hourly")


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def month_of(day: date) -> tuple[date, date]:
    """The first day of the day's month, and of the month after it."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


class Partitions:
    """Creates missing partitions and remembers which days have theirs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: set[date] = set()

    async def ensure(self, days: Iterable[date]) -> None:
        """Creates the missing partitions of these days, each in its own transaction: locks stay few and short."""
        for day in sorted(set(days) - self._known):
            await self._pool.execute(ENSURE, "processed_events", midnight(day), midnight(day + timedelta(days=1)))
            starts, ends = map(midnight, month_of(day))
            for table in MONTHLY:
                await self._pool.execute(ENSURE, table, starts, ends)
            self._known.add(day)

    def forget(self) -> None:
        """Makes the next `ensure` look again. Called after a partition turned out to be dropped."""
        self._known.clear()
