"""The ledger in PostgreSQL equals a brute-force reference, however messages are delivered, cut and repeated."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from functions.function import AnyFunction
from infra.frames import Frame
from infra.postgres import open_pool
from ingest.commit import MetricStore, commit
from ingest.copies import REMEMBERED_BATCHES
from ingest.decode import BatchDecoder
from ingest.ledger import by_ledger_key
from ingest.outcomes import Refusal
from ingest.partitions import Partitions
from schema.decoding import Stamped
from tests.support import events, faults, ledger
from tests.support.database import connected
from tests.support.ledger import Stored
from tests.support.platform import BILLING, DELIVERY
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
MAKE = {BILLING: events.billing, DELIVERY: events.report}
FAULTS = {BILLING: faults.billing, DELIVERY: faults.reports}
functions = pytest.mark.parametrize("function", [BILLING, DELIVERY], ids=lambda function: function.name)


def stream(random: Random, function: AnyFunction, count: int) -> list[Stored]:
    """A stream of five hours with copies near and far, which differ or not, and every sort of bad event."""
    made = [MAKE[function](random, NOW) for _ in range(count)]
    made += [events.differing(random, MAKE[function], fields) for fields in random.sample(made, count // 3)]
    made += [events.again(random, fields) for fields in random.sample(made, count // 3)]
    messages = [Message(events.message(random, fields).data) for fields in made]
    bad = [fault.message for fault in FAULTS[function](MAKE[function](random, NOW), NOW)]
    messages += [each for each in bad if not each.headers and len(each.data) < 10_000]
    random.shuffle(messages)
    begin = (NOW - timedelta(hours=4)).timestamp()
    step = 4 * 3600 * 10**9 // len(messages)
    return [Stored(int(begin) * 10**9 + number * step, message) for number, message in enumerate(messages)]


def frames(messages: Sequence[Stored]) -> list[Frame]:
    """The messages as JetStream delivers them."""
    return [Frame(b"s", b"$JS.ACK.S.C.1.1.1.%d.0" % stored, b"", message.data) for stored, message in messages]


async def deliver(store: MetricStore, function: AnyFunction, messages: Sequence[Stored]) -> None:
    """Commits a batch as a worker does."""
    if messages:
        decoded = BatchDecoder(function).decode(frames(messages))
        await store.commit(function, decoded.events, decoded.refused)


async def differences(dsn: str, function: AnyFunction, messages: Sequence[Stored]) -> Sequence[str]:
    async with connected(dsn) as connection:
        found = await ledger.rows(connection, function.name)
    return ledger.differing(ledger.expected(function.name, messages), found)


@functions
@pytest.mark.parametrize("number", range(3))
async def test_any_order_and_batches(database: str, seed: int, number: int, function: AnyFunction) -> None:
    """Each message is delivered twice, in random batches, to two concurrent workers."""
    random = Random(seed + number)
    sent = stream(random, function, 120)
    again = random.sample([*sent, *sent], 2 * len(sent))
    cuts = [0, *sorted(random.sample(range(len(again)), 12)), len(again)]
    batches = [again[begin:end] for begin, end in pairwise(cuts)]
    async with open_pool(database, size=4) as pool:
        stores = [MetricStore(pool, Partitions(pool), "USD") for _ in range(2)]

        async def work(store: MetricStore, own: Sequence[Sequence[Stored]]) -> None:
            for batch in own:
                remember(store, function, sent)
                await deliver(store, function, batch)

        await asyncio.gather(work(stores[0], batches[::2]), work(stores[1], batches[1::2]))
    assert await differences(database, function, sent) == []


def remember(store: MetricStore, function: AnyFunction, messages: Sequence[Stored]) -> None:
    """Makes a process know the content of all copies, as if it had read the stream."""
    rounds: list[dict[tuple[str, int], Stamped[Any]]] = [{} for _ in range(REMEMBERED_BATCHES)]
    for stamped in BatchDecoder(function).decode(frames(messages)).events:
        identity = stamped.event.event_id, stamped.at
        next(each for each in rounds if identity not in each)[identity] = stamped
    for each in rounds:
        store.copies.remember(function, by_ledger_key(function.name, list(each.values())))


async def test_a_message_that_was_refused_and_is_accepted_now(database: str) -> None:
    """A release accepts what an earlier one refused: a replay moves the messages."""
    fields = [events.billing(Random(5), NOW) | {"eventId": f"e-{number}"} for number in range(40)]
    begin = int(NOW.timestamp()) * 10**9
    sent = [Stored(begin + number, Message(json.dumps(each).encode())) for number, each in enumerate(fields)]
    decoded = BatchDecoder(BILLING).decode(frames(sent))
    async with open_pool(database, size=2) as pool:
        store = MetricStore(pool, Partitions(pool), "USD")
        as_bad = [Refusal(each.stored, "invalid_field", each.message.data) for each in sent]
        for refused in (as_bad[:30], as_bad[:30], []):
            await commit(store, BILLING, decoded.events[30:], refused)
        assert await differences(database, BILLING, sent) != []
        for _ in range(2):
            await commit(store, BILLING, decoded.events)
    assert await differences(database, BILLING, sent) == []


async def test_a_batch_of_bad_messages_only(database: str) -> None:
    faulty = [fault.message for fault in faults.billing(events.billing(Random(6), NOW), NOW)][:50]
    begin = int(NOW.timestamp()) * 10**9
    sent = [Stored(begin + number, message) for number, message in enumerate(faulty)]
    async with open_pool(database, size=2) as pool:
        store = MetricStore(pool, Partitions(pool), "USD")
        for _ in range(2):
            await deliver(store, BILLING, sent)
    assert await differences(database, BILLING, sent) == []
