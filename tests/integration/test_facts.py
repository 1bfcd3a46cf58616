"""US-ANLYT-12: facts equal the reference row by row, despite redeliveries, kills and unreachable engines."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from prometheus_client import REGISTRY

from functions import FACTS, FUNCTIONS
from functions.cdr_facts import cdr_facts
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from ingest import service
from schema.streams import CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR, Stream
from tests.support import events, fact_events, faults
from tests.support.chaos import accidents, flood, make_short_ack_consumers
from tests.support.dead_letters import dead_letter_differences
from tests.support.fact_reference import expect as expect_facts
from tests.support.platform import PATIENCE, Platform, open_platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.warehouse import empty_clickhouse, fact_differences
from tests.support.worker import worker_pool

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
CDR = cdr_facts
BAD = 40  # bad events per stream
Streams = dict[Stream, list[Message]]


def _streams(random: Random, count: int) -> Streams:
    """Messages for each stream, with copies, late events and bad events."""
    kinds = (
        (SMS_DLR, fact_events.report, faults.reports),
        (CDR_EVENTS, fact_events.record, faults.records),
        (COMPLIANCE_AUDIT, fact_events.evaluation, faults.evaluations),
    )
    return {
        stream: _mixed(random, events.messages(random, make, NOW, count), list(wrong(make(random, NOW), NOW)))
        for stream, make, wrong in kinds
    }


def _mixed(random: Random, good: Sequence[Message], bad: Sequence[faults.Fault]) -> list[Message]:
    small = [fault.message for fault in bad if len(fault.message.data) < 1000]
    return events.reordered(random, [*good, *random.sample(small, BAD)])


async def _check(platform: Platform, clickhouse: str, sent: Streams) -> None:
    assert await fact_differences(clickhouse, expect_facts(*sent.values(), arrived=NOW)) == []
    assert await dead_letter_differences(platform, FACTS, NOW) == []


@pytest.mark.parametrize("seed", [61, 62])
async def test_brute_force(facts: Platform, warehouse: str, seed: int) -> None:
    """One to three workers per function with random batches; half of the messages are published again."""
    random = Random(seed)
    sent = _streams(random, 600)
    for stream, messages in sent.items():
        await facts.publish(stream, messages)
        await facts.publish(stream, random.sample(messages, len(messages) // 2))
    workers = [
        with_batch(function, random.choice([100, 333, 5000]))
        for function in FACTS
        for _ in range(random.randrange(1, 4))
    ]
    await facts.drain(*workers)
    await _check(facts, warehouse, sent)


async def test_a_stream_read_again_adds_nothing(facts: Platform, warehouse: str) -> None:
    sent = _streams(Random(63), 200)
    for stream, messages in sent.items():
        await facts.publish(stream, messages)
    await facts.drain(*FACTS)
    for function in FACTS:
        await facts.jetstream.delete_consumer(function.stream.name, function.durable)
    await facts.drain(*[with_batch(function, 77) for function in FACTS])
    await _check(facts, warehouse, sent)


@asynccontextmanager
async def _own_clickhouse(folder: Path) -> AsyncIterator[Engine]:
    """Yields a ClickHouse that a test may stop."""
    async with clickhouse_server(folder) as engine:
        await empty_clickhouse(engine.dsn)
        yield engine


async def test_workers_and_engine_killed(server: Engine, tmp_path: Path) -> None:
    random = Random(64)
    async with (
        _own_clickhouse(tmp_path / "clickhouse") as engine,
        open_platform(server.url, clickhouse=engine.dsn) as platform,
    ):
        await make_short_ack_consumers(platform, FACTS)
        sent = _streams(random, 500)

        async def engine_killed() -> None:
            await engine.kill()
            await asyncio.sleep(random.random() / 2)
            await engine.start()

        async with worker_pool(platform.url, platform.dsn, random, 2, engine.dsn) as pool:
            happen: list[Callable[[], Awaitable[None]]] = [*[pool.kill_one] * 5, *[engine_killed] * 2]
            await asyncio.gather(
                *[flood(platform, stream, messages, 3.0) for stream, messages in sent.items()],
                accidents(random, random.sample(happen, len(happen)), 0.4),
            )
            await platform.wait_until_drained(*FACTS)
        await _check(platform, engine.dsn, sent)


async def test_without_clickhouse_its_events_wait_and_postgresql_continues(
    server: Engine, database: str, tmp_path: Path
) -> None:
    """The service starts without ClickHouse."""
    random = Random(65)
    functions = [with_batch(function, 500) for function in FUNCTIONS]
    metrics = [function for function in FUNCTIONS if function not in FACTS]
    async with _own_clickhouse(tmp_path / "clickhouse") as engine, open_platform(server.url, database) as platform:
        sent = _streams(random, 300)
        await engine.stop()
        async with service.running(Engines(server.url, database, engine.dsn), functions, "USD"):
            for stream, messages in sent.items():
                await platform.publish(stream, messages)
            await platform.wait_until_drained(*metrics)
            assert await differences(platform.dsn, expect([], sent[SMS_DLR], NOW)) == []
            await _until(lambda: all(_lag(function.name) > 0.5 for function in FACTS))
            for function, messages in zip(FACTS, sent.values(), strict=True):
                # A batch with only bad events does not need ClickHouse.
                assert len(messages) - BAD <= await platform.pending_count(function) <= len(messages)
            await engine.start()
            await platform.wait_until_drained(*FUNCTIONS)
            await _until(lambda: all(_lag(function.name) == 0 for function in FUNCTIONS))
        assert await fact_differences(engine.dsn, expect_facts(*sent.values(), arrived=NOW)) == []
        assert await dead_letter_differences(platform, FUNCTIONS, NOW) == []


def _lag(function: str) -> float:
    return REGISTRY.get_sample_value("anlyt_ingest_lag_seconds", {"function": function}) or 0


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.05)


async def test_facts_alone_need_no_postgresql(facts: Platform, warehouse: str) -> None:
    sent = {CDR_EVENTS: events.messages(Random(66), fact_events.record, NOW, 100)}
    await facts.publish(CDR_EVENTS, sent[CDR_EVENTS])
    nowhere = Engines(facts.url, facts.dsn, warehouse)
    async with service.running(nowhere, [with_batch(CDR, 50)], "USD"):
        await facts.wait_until_drained(CDR)
    assert await fact_differences(warehouse, expect_facts(records=sent[CDR_EVENTS], arrived=NOW)) == []
