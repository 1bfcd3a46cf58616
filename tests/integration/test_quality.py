"""Quality signals (US-ANLYT-17) on NATS and ClickHouse equal a brute-force count."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

import pytest
from nats.js.api import StreamConfig
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from infra.clickhouse import connect
from infra.embedded.engine import Engine
from infra.nats import ensure_streams
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.quality.datasets import ConcurrentPublisherError, QualityPosition, QualityStream
from pipelines.quality.nodes import Sample, due
from pipelines.stores import Stores
from schema.quality import event_id
from schema.streams import OPERATOR_QUALITY, STREAMS
from tests.support.pipelines import runs_of, stores_of
from tests.support.platform import Platform, open_platform

pytestmark = pytest.mark.anyio

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Fact(NamedTuple):
    tenant_id: str
    event_time: datetime
    event_key: int
    mno: str
    direction: str
    status: str
    error_code: str | None
    latency_ms: int
    ver: int


@pytest.fixture
async def stores(database: str, warehouse: str, server: Engine) -> AsyncIterator[Stores]:
    async with stores_of(database, warehouse, server.url) as opened:
        yield opened


@pytest.fixture
async def bus(server: Engine) -> AsyncIterator[Platform]:
    """A platform whose stream deduplicates for 0.1 s only, so that the pipeline itself has to publish once."""
    async with open_platform(server.url) as platform:
        await platform.jetstream.delete_stream(OPERATOR_QUALITY.name)
        await platform.jetstream.add_stream(
            StreamConfig(name=OPERATOR_QUALITY.name, subjects=[OPERATOR_QUALITY.subject], duplicate_window=0.1)
        )
        yield platform


async def store(dsn: str, facts: Sequence[Fact]) -> None:
    async with connect(dsn) as client:
        await client.insert("facts_dlr", list(facts), column_names=list(Fact._fields))
        marks = {(fact.tenant_id, fact.event_time.replace(minute=0, second=0, microsecond=0)) for fact in facts}
        columns = ["cube", "tenant_id", "hour"]
        await client.insert("dirty", [("cube_dlr_hourly", *mark) for mark in marks], column_names=columns)


def fact(random: Random, at: datetime, mno: str, direction: str, **changes: Any) -> Fact:
    status = random.choice(["DELIVERED"] * 7 + ["FAILED", "EXPIRED", "REJECTED", "PENDING"])
    error = random.choice([None, None, "", "099", "ESME_RTHROTTLED"])
    drawn = Fact(f"t-{random.randrange(3)}", at, random.getrandbits(63), mno, direction, status, error, 0, 1)
    latency = random.choice([0, 2**31, int(random.lognormvariate(8, 1))])
    return drawn._replace(**({"latency_ms": latency} | changes))


async def published(bus: Platform) -> Sequence[Mapping[str, Any]]:
    messages = await bus.stored_messages(OPERATOR_QUALITY)
    for message in messages.values():
        assert (message.headers or {})["Nats-Msg-Id"] == json.loads(message.data)["eventId"]
    return [json.loads(messages[sequence].data) for sequence in sorted(messages)]


def brute_force(facts: Sequence[Fact], end: datetime) -> Mapping[tuple[str, str], tuple[Any, ...]]:
    """deliveryRate, dlrLatencyP95, esmeErrorRate and sampleSize of each pair, as the contract defines them."""
    newest: dict[tuple[str, datetime, int], Fact] = {}
    for each in sorted(facts, key=lambda each: each.ver):
        newest[each.tenant_id, each.event_time, each.event_key] = each
    pairs = {(each.mno, each.direction) for each in newest.values() if each.event_time < end}
    final: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for each in newest.values():
        if end - HOUR <= each.event_time < end and each.status != "PENDING":
            final[each.mno, each.direction].append(each)
    return {pair: figures(final[pair]) for pair in pairs}


def figures(final: Sequence[Fact]) -> tuple[Any, ...]:
    if not final:
        return None, None, None, 0
    latencies = sorted(each.latency_ms for each in final)
    rank = -(-95 * len(latencies) // 100)
    delivered = sum(each.status == "DELIVERED" for each in final)
    errors = sum(each.error_code is not None for each in final)
    rates = [int(Fraction(part, len(final)) * 10_000 + Fraction(1, 2)) / 10_000 for part in (delivered, errors)]
    return rates[0], latencies[rank - 1], rates[1], len(final)


def values_of(signal: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(signal[name] for name in ("deliveryRate", "dlrLatencyP95", "esmeErrorRate", "sampleSize"))


async def test_each_signal_equals_brute_force(stores: Stores, bus: Platform, warehouse: str, seed: int) -> None:
    random, now = Random(seed), datetime.now(UTC)
    pairs = [("AWCC", "MT"), ("AWCC", "MO"), ("ROSHAN", "MT"), ("unknown", "unknown")]
    facts = [fact(random, now - random.random() * 1.3 * HOUR, *random.choice(pairs)) for _ in range(3000)]
    facts += [fact(random, now - (k + 1) * MINUTE, "TWENTY", "MT", status="FAILED", latency_ms=k) for k in range(20)]
    facts += [fact(random, now - 20 * HOUR, "SALAAM", "MT"), fact(random, now + HOUR, "TOMORROW", "MT")]
    facts += [fact(random, now - 5 * MINUTE, "WAITING", "MT", status="PENDING")]
    boundary = now.replace(second=0, microsecond=0)
    for end in (boundary, boundary + MINUTE):
        microsecond = timedelta(microseconds=1)
        facts += [
            fact(random, at, "EDGE", "MT") for at in (end, end - microsecond, end - HOUR, end - HOUR - microsecond)
        ]
    again = [each._replace(status="DELIVERED", ver=2) for each in random.sample(facts[:3000], 500)]  # the random ones
    await store(warehouse, facts)
    await store(warehouse, again + random.sample(facts, 500))
    await runs.run(stores, "cubes")
    counts = await runs.run(stores, "quality")
    signals = await published(bus)
    (end,) = {datetime.fromisoformat(signal["windowEnd"]) for signal in signals}
    assert (end.second, end.microsecond) == (0, 0)
    assert {datetime.fromisoformat(signal["windowStart"]) for signal in signals} == {end - HOUR}
    expected = brute_force([*facts, *again], end)
    assert {(signal["mno"], signal["direction"]): values_of(signal) for signal in signals} == expected
    assert counts == {"signals": len(expected), "windows": 1}
    assert expected["SALAAM", "MT"] == expected["WAITING", "MT"] == (None, None, None, 0)
    assert expected["TWENTY", "MT"][1] == 18  # the 19th of 20
    for signal in signals:
        assert signal["eventId"] == event_id(signal["mno"], signal["direction"], end)
        assert signal["schemaVersion"] == "1"


def check_order_and_uniqueness(signals: Sequence[Mapping[str, Any]]) -> None:
    places = [(signal["windowEnd"], signal["mno"], signal["direction"]) for signal in signals]
    assert places == sorted(set(places))


async def test_overlapping_and_repeated_runs_publish_once(stores: Stores, bus: Platform, warehouse: str) -> None:
    random, now = Random(5), datetime.now(UTC)
    await store(warehouse, [fact(random, now - 10 * MINUTE, f"MNO-{k}", "MT") for k in range(40)])
    for _ in range(3):
        outcomes = await asyncio.gather(*(runs.run(stores, "quality") for _ in range(4)), return_exceptions=True)
        assert all(isinstance(outcome, dict | PipelineBusyError) for outcome in outcomes)
    check_order_and_uniqueness(await published(bus))


async def test_an_overtaken_run_publishes_nothing(stores: Stores, bus: Platform) -> None:
    """The stream's sequence check refuses a run that has lost its lease unnoticed."""
    position = await QualityPosition().read(stores)
    batch, _ = due(position, lambda _: [Sample(mno, "MT", 3, 2, 1, 7) for mno in ("A", "B", "C")])
    await QualityStream().write(stores, batch)
    before = await published(bus)
    with pytest.raises(ConcurrentPublisherError):
        await QualityStream().write(stores, batch)
    assert await published(bus) == before


async def test_missed_minutes_are_caught_up(stores: Stores, bus: Platform, warehouse: str) -> None:
    random, now = Random(6), datetime.now(UTC).replace(second=0, microsecond=0)
    facts = [fact(random, now - random.random() * 2 * HOUR, mno, "MT") for mno in ("A", "B", "C") for _ in range(200)]
    await store(warehouse, facts)
    # Three minutes ago, a run was killed after it published the first of three pairs.
    end = now - 3 * MINUTE
    killed: dict[str, object] = {
        "eventId": event_id("A", "MT", end),
        "windowStart": (end - HOUR).isoformat(),
        "windowEnd": end.isoformat(),
        "mno": "A",
        "direction": "MT",
        "deliveryRate": 1,
        "dlrLatencyP95": 1,
        "esmeErrorRate": 0,
        "sampleSize": 1,
    }
    headers = {"Nats-Msg-Id": event_id("A", "MT", end)}
    await bus.jetstream.publish(OPERATOR_QUALITY.subject, json.dumps(killed).encode(), headers=headers)
    await runs.run(stores, "quality")
    _, *signals = await published(bus)
    assert [(signal["mno"], signal["windowEnd"]) for signal in signals[:2]] == [
        (mno, f"{end:%Y-%m-%dT%H:%M:00Z}") for mno in ("B", "C")
    ]
    check_order_and_uniqueness(signals)
    ends = sorted({datetime.fromisoformat(signal["windowEnd"]) for signal in signals})
    assert ends[0] == end
    assert {later - earlier for earlier, later in pairwise(ends)} == {MINUTE}
    for signal in signals:
        expected = brute_force(facts, datetime.fromisoformat(signal["windowEnd"]))
        assert values_of(signal) == expected[signal["mno"], signal["direction"]]


async def test_at_most_an_hour_is_caught_up(stores: Stores, bus: Platform, warehouse: str) -> None:
    random, now = Random(7), datetime.now(UTC)
    await store(warehouse, [fact(random, now - MINUTE, "A", "MT"), fact(random, now - 90 * MINUTE, "A", "MT")])
    await runs.run(stores, "cubes")
    old = {
        **{"eventId": "e", "windowStart": "2026-01-01T00:00:00Z", "windowEnd": "2026-01-01T01:00:00Z"},
        **dict.fromkeys(["deliveryRate", "dlrLatencyP95", "esmeErrorRate"]),
        **{"mno": "A", "direction": "MT", "sampleSize": 0},
    }
    await bus.jetstream.publish(OPERATOR_QUALITY.subject, json.dumps(old).encode(), headers={"Nats-Msg-Id": "e"})
    assert await runs.run(stores, "quality") == {"signals": 61, "windows": 61}


@pytest.mark.parametrize("message", [b"not ours", b'{"mno": "\xff"}'], ids=["text", "not UTF-8"])
async def test_a_foreign_message_is_ignored(stores: Stores, bus: Platform, warehouse: str, message: bytes) -> None:
    await store(warehouse, [fact(Random(8), datetime.now(UTC) - 5 * MINUTE, "A", "MT")])
    await bus.jetstream.publish(OPERATOR_QUALITY.subject, message, headers={"Nats-Msg-Id": "x"})
    assert await runs.run(stores, "quality") == {"signals": 1, "windows": 1}


async def test_unreachable_engines_and_empty_stores(
    stores: Stores, bus: Platform, server: Engine, database: str
) -> None:
    assert await runs.run(stores, "quality") == {"signals": 0, "windows": 0}
    async with stores_of(database, nats=server.url) as without_clickhouse:
        with pytest.raises(runs.PipelineFailedError, match="ClickHouse does not answer"):
            await runs.run(without_clickhouse, "quality")
    async with stores_of(database, clickhouse=stores.engines.clickhouse) as without_nats:
        with pytest.raises(runs.PipelineFailedError, match="NATS does not answer"):
            await runs.run(without_nats, "quality")
    await bus.jetstream.delete_stream(OPERATOR_QUALITY.name)
    with pytest.raises(runs.PipelineFailedError, match="OPERATOR_QUALITY does not exist; run `anlyt migrate` first"):
        await runs.run(stores, "quality")
    await ensure_streams(bus.jetstream, STREAMS)
    await runs.run(stores, "quality")
    statuses = [run["status"] for run in await runs_of(stores, "quality")]
    assert statuses == ["SUCCEEDED", "FAILED", "FAILED", "FAILED", "SUCCEEDED"]


async def test_a_signal_carries_the_trace_of_its_run(stores: Stores, bus: Platform, warehouse: str) -> None:
    random, now = Random(9), datetime.now(UTC)
    await store(warehouse, [fact(random, now - 5 * MINUTE, "AWCC", "MT") for _ in range(20)])
    context = SpanContext(0x0AF7651916CD43DD8448EB211C80319C, 0xB7AD6B7169203331, False, TraceFlags(1))
    with use_span(NonRecordingSpan(context)):
        await runs.run(stores, "quality")
    messages = await bus.stored_messages(OPERATOR_QUALITY)
    traces = {(message.headers or {})["traceparent"].split("-")[1] for message in messages.values()}
    assert traces == {"0af7651916cd43dd8448eb211c80319c"}
