import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.delivery_metrics import delivery_metrics
from ingest.ledger import EventsByKey, by_ledger_key, claim
from ingest.partitions import Partitions
from schema.decoding import Stamped
from schema.instants import time_of
from tests.support import events
from tests.support.platform import Platform
from tests.support.writes import Events, decoded

NOW = datetime(2026, 10, 15, 12, 30, tzinfo=UTC)


def _events(random: Random, count: int) -> Events:
    return decoded(delivery_metrics, [events.message(random, events.report(random, NOW)) for _ in range(count)], NOW)


def _identity(stamped: Stamped[Any]) -> tuple[str, int]:
    return stamped.event.event_id, stamped.at


@settings(deadline=None)
@given(seed=st.integers(0, 2**32))
def test_one_order_for_all_workers_and_no_repetitions(seed: int) -> None:
    random = Random(seed)
    batch = list(_events(random, 20))
    once = by_ledger_key("delivery_metrics", batch)
    again = by_ledger_key("delivery_metrics", random.choices(batch, k=5) + random.sample(batch, len(batch)))
    assert list(once) == list(again)
    assert {_identity(stamped) for stamped in once.values()} == {_identity(stamped) for stamped in batch}
    # The order of the primary key: (event_at, event_key).
    assert list(once.items()) == sorted(once.items(), key=lambda item: (item[1].at, item[0]))


def test_keys_differ_by_function_id_and_time() -> None:
    [one] = _events(Random(1), 1)
    upper = decoded(
        delivery_metrics,
        [events.message(Random(1), _fields("evt-1")), events.message(Random(1), _fields("EVT-1"))],
        NOW,
    )
    assert by_ledger_key("billing_metrics", [one]).keys().isdisjoint(by_ledger_key("delivery_metrics", [one]))
    assert len(by_ledger_key("delivery_metrics", upper)) == 2
    assert len(by_ledger_key("delivery_metrics", [one, Stamped(one.event, one.at + 1, one.stored)])) == 2
    assert all(len(key) == 16 for key in by_ledger_key("delivery_metrics", [one]))


def test_functions_whose_names_begin_alike_count_for_themselves() -> None:
    [one] = _events(Random(1), 1)
    names = ("delivery_metrics", "delivery_metrics_by_lane", "delivery_metrics_by_mno")
    keys = {key for name in names for key in by_ledger_key(name, [one])}
    assert len(keys) == len(names)


def _fields(event_id: str) -> events.Fields:
    return events.report(Random(2), NOW) | {"eventId": event_id}


@pytest.mark.anyio
async def test_overlapping_claims_divide_the_events(platform: Platform) -> None:
    """Transactions that claim the same events in any order wait for each other without a deadlock."""
    random = Random(3)
    all_events = list(_events(random, 400))
    await Partitions(platform.pool).ensure({time_of(stamped.at).date() for stamped in all_events})

    async def attempt(wanted: Sequence[Stamped[Any]]) -> list[tuple[str, int]]:
        batch: EventsByKey[Any] = by_ledger_key("delivery_metrics", wanted)
        async with platform.pool.acquire() as connection, connection.transaction():
            claimed = await claim(connection, batch)
            await asyncio.sleep(0.01)
            assert await claim(connection, batch) == []
        return [_identity(stamped) for stamped in claimed]

    shares = await asyncio.gather(*[attempt(random.sample(all_events, 250)) for _ in range(12)], attempt(all_events))
    assert sorted(chain.from_iterable(shares)) == sorted(_identity(stamped) for stamped in all_events)


@pytest.mark.anyio
async def test_a_claim_that_is_rolled_back_is_free_again(platform: Platform) -> None:
    batch = by_ledger_key("delivery_metrics", _events(Random(4), 50))
    await Partitions(platform.pool).ensure({time_of(stamped.at).date() for stamped in batch.values()})
    async with platform.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        assert len(await claim(connection, batch)) == len(batch)
        await transaction.rollback()
        assert len(await claim(connection, batch)) == len(batch)
        assert await claim(connection, batch) == []
