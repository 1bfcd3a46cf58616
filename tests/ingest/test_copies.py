"""PostgreSQL counts the copy that the stream stored first, however the copies are batched and ordered."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise, permutations
from random import Random

import pytest

from functions.function import AnyFunction
from infra.postgres import open_pool
from ingest.commit import MetricStore, commit
from ingest.partitions import Partitions
from tests.support import events
from tests.support.platform import BILLING, DELIVERY
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.writes import Events, decoded_at

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
MAKE = {BILLING: events.billing, DELIVERY: events.report}
functions = pytest.mark.parametrize("function", [BILLING, DELIVERY], ids=lambda function: function.name)


@asynccontextmanager
async def store(dsn: str) -> AsyncIterator[MetricStore]:
    async with open_pool(dsn, size=2) as pool:
        yield MetricStore(pool, Partitions(pool), "USD")


def in_order(function: AnyFunction, messages: Sequence[Message]) -> Events:
    """The events as their stream stored them, one per nanosecond."""
    return [decoded_at(function, message, NOW, number) for number, message in enumerate(messages)]


async def differing(dsn: str, function: AnyFunction, messages: Sequence[Message]) -> Sequence[str]:
    sent = {BILLING: messages, DELIVERY: ()} if function is BILLING else {BILLING: (), DELIVERY: messages}
    return await differences(dsn, expect(sent[BILLING], sent[DELIVERY], NOW))


def copies(random: Random, function: AnyFunction, count: int) -> list[Message]:
    """Differing copies of one event, with one account and one rate."""
    fields = MAKE[function](random, NOW)
    made = [fields, *[events.differing(random, MAKE[function], fields) for _ in range(count - 1)]]
    return [
        events.message(random, each | ({"tpsSnapshot": 7} if "tpsSnapshot" in each else {}) | {"accountId": "a"})
        for each in made
    ]


@functions
async def test_in_one_batch(database: str, function: AnyFunction) -> None:
    """The order in the batch does not matter: a redelivered message arrives after newer ones."""
    random = Random(1)
    messages = copies(random, function, 3)
    batch = in_order(function, messages)
    async with store(database) as opened:
        assert await commit(opened, function, [*reversed(batch)]) == 1
        assert await differing(database, function, messages) == []


@functions
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
async def test_in_batches_of_their_own(database: str, function: AnyFunction, order: Sequence[int]) -> None:
    messages = copies(Random(2), function, 3)
    batch = in_order(function, messages)
    async with store(database) as opened:
        assert [await commit(opened, function, [batch[number]]) for number in order] == [1, 0, 0]
        assert await differing(database, function, messages) == []
        assert [await commit(opened, function, [batch[number]]) for number in order] == [0, 0, 0]
        assert await differing(database, function, messages) == []


@functions
@pytest.mark.parametrize("seed", range(5))
async def test_among_many(database: str, function: AnyFunction, seed: int) -> None:
    """Some events have copies; each arrives twice, in random batches, of which a process remembers four."""
    random = Random(seed)
    # An account that only a discarded copy named stays known, so each account has an event of its own.
    made = [MAKE[function](random, NOW) | {"accountId": account} for account in events.ACCOUNTS * 5]
    made += [events.differing(random, MAKE[function], random.choice(made)) for _ in range(60)]
    made = [each | ({"tpsSnapshot": 7} if "tpsSnapshot" in each else {}) for each in made]
    messages = [events.message(random, each) for each in made]
    batch = in_order(function, messages)
    again = random.sample([*batch, *batch], 2 * len(batch))
    cuts = [0, *sorted(random.sample(range(len(again)), 3)), len(again)]
    async with store(database) as opened:
        for begin, end in pairwise(cuts):
            await commit(opened, function, again[begin:end])
        assert await differing(database, function, messages) == []
