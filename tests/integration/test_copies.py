"""Copies that differ, on real engines: the one that the stream stored first is the event, whatever befalls workers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from functions import METRICS
from functions.function import AnyFunction
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from schema.streams import BILLING_EVENTS, SMS_DLR, Stream
from tests.support import events
from tests.support.chaos import accidents, flood, make_impatient
from tests.support.database import fresh_database
from tests.support.platform import BILLING, DELIVERY, Platform, cut, open_platform
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.worker import crew

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)


@pytest.fixture
async def scene(tmp_path: Path, template: Engine) -> AsyncIterator[Platform]:
    """Streams of its own."""
    async with (
        nats_server(tmp_path / "nats") as server,
        fresh_database(template) as dsn,
        open_platform(server.url, dsn) as platform,
    ):
        yield platform


def _sent(random: Random, make: events.Make, count: int) -> list[Message]:
    """Half of the events have one to three copies that differ, right behind them or anywhere."""
    made = [make(random, NOW) for _ in range(count)]
    sent: list[events.Fields] = []
    for fields in made:
        sent.append(fields)
        if random.random() < 0.5:
            sent += [events.differing(random, make, fields) for _ in range(random.randrange(1, 4))]
    # A rate of its own would be a matter of the pipeline `copies`.
    same = [fields | ({"tpsSnapshot": 7} if "tpsSnapshot" in fields else {}) for fields in sent]
    return events.reordered(random, [events.message(random, fields) for fields in same], reach=random.choice([1, 40]))


async def _stored(platform: Platform, stream: Stream) -> list[Message]:
    """All that the stream has, in its order."""
    return [message for _, message in sorted((await platform.kept(stream)).items())]


async def _differences(platform: Platform) -> list[str]:
    expected = expect(await _stored(platform, BILLING_EVENTS), await _stored(platform, SMS_DLR), NOW)
    return list(await differences(platform.dsn, expected))


@pytest.mark.parametrize("number", range(4))
async def test_workers_that_share_a_stream(platform: Platform, seed: int, number: int) -> None:
    """Neighbours in a stream go to different workers; who commits first is chance."""
    random = Random(seed + number)
    await platform.publish(BILLING_EVENTS, _sent(random, events.billing, 400))
    await platform.publish(SMS_DLR, _sent(random, events.report, 400))
    sizes = [random.choice([1, 7, 100, 1000]) for _ in range(3)]
    await platform.drain(*[cut(function, size) for function in METRICS for size in sizes])
    assert await _differences(platform) == []


@pytest.mark.parametrize("function", METRICS, ids=lambda function: function.name)
async def test_a_copy_that_is_delivered_last_was_stored_first(platform: Platform, function: AnyFunction) -> None:
    """Its worker died with it in hand: it comes again after all others are counted."""
    random = Random(5)
    make, stream = {BILLING: (events.billing, BILLING_EVENTS), DELIVERY: (events.report, SMS_DLR)}[function]
    fields = make(random, NOW)
    sent = [fields, *[events.differing(random, make, fields) for _ in range(2)]]
    same = [each | ({"tpsSnapshot": 7} if "tpsSnapshot" in each else {}) | {"accountId": "a"} for each in sent]
    await make_impatient(platform, [function])
    await platform.publish(stream, [events.message(random, each) for each in same])
    taken = await platform.jetstream.pull_subscribe_bind(function.durable, stream.name)
    await taken.fetch(1)
    await platform.drain(cut(function, 1))
    assert await _differences(platform) == []


async def test_workers_killed(scene: Platform, seed: int) -> None:
    random = Random(seed)
    await make_impatient(scene, METRICS)
    billing, delivery = _sent(random, events.billing, 1500), _sent(random, events.report, 1500)
    async with crew(scene.url, scene.dsn, random, 3) as hired:
        await asyncio.gather(
            flood(scene, BILLING_EVENTS, billing, 4),
            flood(scene, SMS_DLR, delivery, 4),
            accidents(random, [hired.kill_one] * 12, 0.2),
        )
        await scene.drained(*METRICS)
    assert await _differences(scene) == []
