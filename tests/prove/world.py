"""A world: an empty service that random events reach, step by step, with other work of the service in between."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import httpx

from functions import FACTS, METRICS
from functions.function import AnyFunction
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.endpoints import Engines
from infra.postgres import open_pool
from infra.settings import read_settings
from ingest import backfill
from ingest.rebuild.history import History
from ingest.rebuild.rebuild import Rebuild
from pipelines import runs
from pipelines.stores import Stores, open_stores
from schema.streams import Stream
from tests.graph.support.queries import open_query_client
from tests.prove.callers import CALLERS, NAME_THEM, PSEUDONYMS, UNDER_ADDENDUM, UNMASK
from tests.prove.sent import MAKERS, Producer, random_edges
from tests.prove.truth import Truth, truth_of
from tests.support.clock import today
from tests.support.database import fresh_database
from tests.support.platform import Platform, open_platform, unlimited_guards, with_batch
from tests.support.validity import Message
from tests.support.warehouse import empty_clickhouse

LIMITS: Final = {
    "ANLYT_RATE_LIMIT": "0",
    "ANLYT_QUERY_CONCURRENCY": "1000",
    "ANLYT_QUERY_ROWS_PER_MINUTE": str(10**15),
    "ANLYT_REPORT_TIMEOUT": "60",
}
SINCE: Final = timedelta(days=80)  # ago; a rebuild reaches so far back
RUNS: Final = 40  # of the pipeline `copies`, until every peak is settled
OFTEN: Final[Mapping[str, float]] = {
    "replay": 0.2,
    "rollup": 0.6,
    "archive": 0.4,
    **{f"rebuild of {each.name}": 0.4 for each in METRICS},
}
"""How likely a kind of work is after a step."""
CONTESTED: Final = "select count(*) from anlyt.contested_peaks"

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class World:
    """`client` asks one API, whose caches live as long as the world."""

    platform: Platform
    stores: Stores
    client: httpx.AsyncClient
    edges: Sequence[datetime]
    producer: Producer
    sent: Mapping[Stream, list[Message]] = field(default_factory=lambda: defaultdict(list))

    async def step(self, random: Random, count: int) -> Sequence[str]:
        """Sends `count` events of each stream, with copies. Returns the names of the work done afterwards, in order."""
        for stream, messages in self.producer.send(random, count).items():
            self.sent[stream].extend(messages)
            await self.platform.publish(stream, messages)
        await self.platform.drain(*_workers(random))
        chosen = [name for name in random.sample(list(OFTEN), len(OFTEN)) if random.random() < OFTEN[name]]
        # A replay stores removed copies again, and the archive takes peaks as they are: so copies go in between.
        names = [*sorted(chosen, key=lambda name: name != "replay"), "cubes"]
        names.insert(names[0] == "replay", "copies")
        works = self._works()
        for name in names:
            await works[name]()
        return names

    @property
    def sent_count(self) -> int:
        return sum(map(len, self.sent.values()))

    def truth(self) -> Truth:
        return truth_of({stream: self.sent[stream] for stream in MAKERS}, datetime.now(UTC))

    def _works(self) -> Mapping[str, Work]:
        return {
            "replay": self._replay,
            "copies": self.settle_copies,
            **{name: partial(runs.run, self.stores, name) for name in ("rollup", "archive", "cubes")},
            **{f"rebuild of {each.name}": partial(self.rebuild, each) for each in METRICS},
        }

    async def settle_copies(self) -> None:
        """Removes copies, and computes the peaks that they left."""
        for _ in range(RUNS):
            await runs.run(self.stores, "copies")
            if not await self.stores.postgres.fetchval(CONTESTED):
                return
            await asyncio.sleep(0.1)
        raise AssertionError("copies leaves contested peaks")

    async def _replay(self) -> None:
        for function in (*METRICS, *FACTS):
            await backfill.begin(self.platform.client, function, None)
        await self.platform.drain(*METRICS, *FACTS)

    async def rebuild(self, function: AnyFunction) -> None:
        """Counts a stream's last SINCE again."""
        guard = unlimited_guards([function])[function.name]
        async with open_pool(self.platform.dsn, size=2) as pool, pool.acquire() as connection:
            history = History(self.platform.client, function, linger=0.05)
            rebuild = Rebuild(history, pool, connection, "USD", lambda done, total: None, guard)
            await rebuild.run(datetime.now(UTC) - SINCE)


@asynccontextmanager
async def open_world(folder: Path, postgres: Engine, clickhouse: Engine, random: Random) -> AsyncIterator[World]:
    """Yields a world without events. `postgres` has a template database; ClickHouse is emptied."""
    edges = random_edges(random, today())
    await empty_clickhouse(clickhouse.dsn)
    async with (
        nats_server(folder) as server,
        fresh_database(postgres) as dsn,
        open_platform(server.url, dsn, clickhouse.dsn) as platform,
        open_stores(Engines(server.url, dsn, clickhouse.dsn)) as stores,
        open_query_client(platform.pool, clickhouse.dsn, read_settings(LIMITS)) as api,
    ):
        masked = [caller.tenant for caller in CALLERS.values() if caller.masked]
        named = [(tenant, mno, name) for tenant in masked for mno, name in PSEUDONYMS.items() if mno != "unknown"]
        await platform.pool.executemany(NAME_THEM, named)
        await platform.pool.execute(UNMASK, UNDER_ADDENDUM)
        yield World(platform, stores, api.client, edges, Producer(edges))


def _workers(random: Random) -> Sequence[AnyFunction]:
    """Two workers of each function that counts share its stream, so that a later copy may be counted first."""
    return [*(with_batch(each, random.choice([7, 40, 1000])) for each in METRICS * 2), *FACTS]
