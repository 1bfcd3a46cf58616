"""Creates PostgreSQL partitions when an event needs them, so that no event's day stops a batch."""

from collections.abc import Iterable
from datetime import date

from infra.partitions import ensure
from infra.postgres import Pool
from schema.partitions import of_hours, of_ledger


class Partitions:
    """Creates missing partitions and remembers which days have theirs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: set[date] = set()

    async def ensure(self, days: Iterable[date]) -> None:
        """Creates the missing partitions of these days, each in its own transaction: locks stay few and short."""
        for day in sorted(set(days) - self._known):
            for partition in (of_ledger(day), *of_hours(day)):
                await ensure(self._pool, partition)
            self._known.add(day)

    def forget(self) -> None:
        """Forgets which partitions exist. Called after one turned out to be dropped."""
        self._known.clear()
