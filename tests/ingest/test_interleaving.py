"""Two workers commit copies of the same events, interleaved statement by statement and killed at each statement."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import product
from random import Random
from typing import Any, TypeAlias, get_args

import pytest

import infra.postgres
from infra.postgres import Connection, Pool, open_pool
from ingest.commit import MetricStore, commit
from ingest.copies import REMEMBERED_BATCHES, CopyFinder
from ingest.ledger import by_ledger_key
from ingest.partitions import Partitions
from schema.decoding import Stamped
from tests.support import events
from tests.support.database import connected
from tests.support.interleaving import Kill, SteppedSession, SteppedTask
from tests.support.platform import BILLING
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.writes import decoded_at

pytestmark = pytest.mark.anyio

Copies: TypeAlias = Mapping[str, Stamped[Any]]
"""Copies by name: a letter for the event, and a digit for the place in the stream. A digit's copies share a cell."""
Names: TypeAlias = Sequence[str]
"""The names of each worker's copies."""

NOW = datetime.now(UTC)
# The last copies are counted before. Each worker has the first copy of some event, and a later one of another.
COUNTED = "x3 y3"
BATCHES = {"counted": ("x2 y0", "x1 y2"), "partly new": ("x2 z1", "x1 z0")}
# Up to the claims of the second attempt. The first one ends by a rollback: the worker does not know the counted copies.
STATEMENTS = 12
END = 100
TAKE_OVER = "update anlyt.processed_events"


def message(case: int, name: str) -> Message:
    fields = events.billing(Random(1), NOW) | {
        "eventId": f"{case}.{name[0]}",
        "operatorId": f"{case}.{name[1]}",
        "billedAt": NOW.isoformat(),
        "status": "BILLED",
        "segmentCount": int(name[1]) + 1,
    }
    return events.message(Random(1), fields)


def published(names: Names) -> Sequence[str]:
    """The names of all copies, in the stream's order."""
    return sorted(" ".join([COUNTED, *names]).split())


def copies(case: int, names: Names) -> Copies:
    """The copies of the case's own events."""
    return {name: decoded_at(BILLING, message(case, name), NOW, int(name[1])) for name in published(names)}


@dataclass(frozen=True)
class Workers:
    """Two workers, each with one connection. `monitor`: a third one."""

    pools: Sequence[Pool]
    monitor: Connection
    partitions: Partitions

    def tasks(self, case: Copies, names: Names) -> tuple[SteppedTask, SteppedTask]:
        """Both workers before their first statement."""
        one, other = [
            SteppedTask(partial(self.commit, pool, case, each), self.monitor)
            for pool, each in zip(self.pools, names, strict=True)
        ]
        return one, other

    async def commit(self, pool: Pool, case: Copies, names: str) -> None:
        """Commits some copies, as a process that remembers the content of all."""
        finder = CopyFinder()
        for place in range(REMEMBERED_BATCHES):
            batch = [copy for name, copy in case.items() if name.endswith(str(place))]
            finder.remember(BILLING, by_ledger_key(BILLING.name, batch))
        store = MetricStore(pool, self.partitions, "USD", finder)
        await commit(store, BILLING, [case[name] for name in names.split()])

    async def count(self, cases: Sequence[Copies]) -> None:
        """Counts the last copies of all cases."""
        store = MetricStore(self.pools[0], self.partitions, "USD")
        await commit(store, BILLING, [case[name] for case in cases for name in COUNTED.split()])


@pytest.fixture
async def workers(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workers]:
    monkeypatch.setattr(infra.postgres, "Session", SteppedSession)
    async with AsyncExitStack() as opened:
        pools = [await opened.enter_async_context(open_pool(database, size=1)) for _ in range(2)]
        yield Workers(pools, await opened.enter_async_context(connected(database)), Partitions(pools[0]))


async def difference(dsn: str, cases: int, names: Names) -> Sequence[str]:
    stream = [message(case, name) for case in range(cases) for name in published(names)]
    return await differences(dsn, expect(stream, [], NOW))


batches = pytest.mark.parametrize("names", BATCHES.values(), ids=BATCHES)


@batches
async def test_interleaved_at_every_statement(database: str, workers: Workers, names: Names) -> None:
    """One worker stops before a statement, the other runs up to one of its own, then both end."""
    stops = list(product(range(1, STATEMENTS + 1), (*range(3, STATEMENTS, 2), END)))
    cases = [copies(number, names) for number in range(len(stops))]
    await workers.count(cases)
    for case, (stop, other_stop) in zip(cases, stops, strict=True):
        one, other = workers.tasks(case, names)
        await one.run(stop)
        await other.run(other_stop)
        await asyncio.gather(one.finish(), other.finish())
    assert any(TAKE_OVER in sql for sql in one.statements[:STATEMENTS])
    assert await difference(database, len(cases), names) == []


@pytest.mark.parametrize(("names", "how"), [*zip(BATCHES.values(), get_args(Kill), strict=True)], ids=get_args(Kill))
async def test_killed_at_every_statement(database: str, workers: Workers, names: Names, how: Kill) -> None:
    """A worker is killed while the other waits for it or has ended. Then its messages are delivered again."""
    number, stopped = 0, True
    while stopped:
        case = copies(number, names)
        await workers.count([case])
        one, other = workers.tasks(case, names)
        stopped = await one.run(number)
        await other.run(END)
        await one.kill(how)
        await other.finish()
        await workers.commit(workers.pools[0], case, names[0])
        number += 1
    assert number > STATEMENTS
    assert await difference(database, number, names) == []
