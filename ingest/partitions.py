"""Partitions are made as soon as an event needs them: no event's day stops a batch."""

from collections.abc import Iterable
from datetime import date

from infra.partitions import ensure
from infra.postgres import Pool
from schema.partitions import of_hours, of_ledger


class Partitions:
    """Remembers which days have their partitions; `forget` after one turned out to be gone."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: set[date] = set()

    async def ensure(self, days: Iterable[date]) -> None:
        for day in sorted(set(days) - self._known):
            for partition in (of_ledger(day), *of_hours(day)):
                await ensure(self._pool, partition)
            self._known.add(day)

    def forget(self) -> None:
        self._known.clear()
