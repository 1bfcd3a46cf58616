"""Parts and merges of ClickHouse while events arrive: what small batches cost."""

import asyncio
from typing import Final, NamedTuple

from clickhouse_connect.driver.asyncclient import AsyncClient

EVERY: Final = 2.0  # seconds between two looks at the number of parts
EVENTS: Final = """
select sumIf(value, event in ('InsertedCompactParts', 'InsertedWideParts')), sumIf(value, event = 'Merge'),
    sumIf(value, event = 'MergedRows'), sumIf(value, event = 'InsertedRows'),
    sumIf(value, event = 'MergeTotalMilliseconds') / 1000
from system.events
"""
ACTIVE: Final = """
select max(parts) from (
    select count() as parts from system.parts where database = 'anlyt' and active group by table, partition_id
)
"""


class Merged(NamedTuple):
    """What the engine did with all tables. `seconds`: of its threads, in merges."""

    parts: float
    merges: float
    merged_rows: float
    rows: float
    seconds: float

    def since(self, before: "Merged") -> "Merged":
        return Merged(*(after - earlier for after, earlier in zip(self, before, strict=True)))


async def merged(client: AsyncClient) -> Merged:
    """The counters since the engine's start."""
    return Merged(*(await client.query(EVENTS)).result_rows[0])


class PartWatch:
    """`most`: the highest number of active parts that one partition had while `watch` ran."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self.most = 0

    async def watch(self) -> None:
        """Looks until it is cancelled. The engine delays inserts at 1,000 parts of a partition."""
        while True:
            self.most = max(self.most, (await self._client.query(ACTIVE)).result_rows[0][0])
            await asyncio.sleep(EVERY)
