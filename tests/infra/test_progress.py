"""The time up to which a stream's messages are stored, read from a real consumer."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nats.js import JetStreamContext
from structlog.testing import capture_logs

from infra.consumers import ensure_consumer
from infra.embedded.engine import Engine
from infra.embedded.nats import nats_server
from infra.nats import connect, ensure_streams
from infra.progress import Progress, stored_until, track_progress
from schema.streams import Consumer, Stream

pytestmark = pytest.mark.anyio

STREAM = Stream("PROGRESS", "progress.events")
CONSUMER = Consumer(STREAM, "progress-consumer")


async def test_what_is_acknowledged_and_what_is_not(nats: Engine) -> None:
    async with connect(nats.url) as client:
        jetstream = client.jetstream()
        await ensure_streams(jetstream, [STREAM])
        assert await stored_until(jetstream, CONSUMER) is None
        await ensure_consumer(jetstream, STREAM, CONSUMER.durable)
        before = datetime.now(UTC)
        assert before <= (await stored_until(jetstream, CONSUMER) or before.min) <= datetime.now(UTC)

        times = []
        for _ in range(3):
            await jetstream.publish(STREAM.subject, b"x")
            times.append((await jetstream.get_last_msg(STREAM.name, STREAM.subject)).time)
        assert await stored_until(jetstream, CONSUMER) == times[0]
        pull = await jetstream.pull_subscribe_bind(CONSUMER.durable, STREAM.name)
        first, second, third = await pull.fetch(3)
        assert await stored_until(jetstream, CONSUMER) == times[0]  # delivered does not mean stored
        await second.ack_sync()
        assert await stored_until(jetstream, CONSUMER) == times[0]
        await first.ack_sync()
        assert await stored_until(jetstream, CONSUMER) == times[2]
        await third.ack_sync()
        after = datetime.now(UTC)
        assert (await stored_until(jetstream, CONSUMER) or after.min) >= after


async def test_what_was_known_stays_known_while_nats_is_away(tmp_path: Path) -> None:
    async with nats_server(tmp_path / "nats") as engine:
        async with connect(engine.url) as client:
            await ensure_streams(client.jetstream(), [STREAM])
            await ensure_consumer(client.jetstream(), STREAM, CONSUMER.durable)
        async with track_progress(engine.url, {"function": CONSUMER}) as progress:
            while progress.until["function"] is None:
                await asyncio.sleep(0.01)
            known = progress.until["function"]
            await engine.stop()
            assert progress.until["function"] >= known
            await engine.start()
            back = datetime.now(UTC)
            while (progress.until["function"] or back) <= back:
                await asyncio.sleep(0.05)


async def test_an_unexpected_error_does_not_end_the_tracking(nats: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    update, failures = Progress.update, iter([ValueError("an answer that cannot be read")])

    async def failing_update(progress: Progress, jetstream: JetStreamContext) -> None:
        for failure in failures:
            raise failure
        await update(progress, jetstream)

    other = Consumer(STREAM, "progress-other")
    async with connect(nats.url) as client:
        await ensure_streams(client.jetstream(), [STREAM])
        await ensure_consumer(client.jetstream(), STREAM, other.durable)
    monkeypatch.setattr(Progress, "update", failing_update)
    with capture_logs() as lines:
        async with track_progress(nats.url, {"function": other}) as progress, asyncio.timeout(30):
            while progress.until["function"] is None:
                await asyncio.sleep(0.01)
    assert [line["event"] for line in lines] == ["progress of consumers cannot be read"]


async def test_an_engine_that_never_was_there_holds_nothing_up() -> None:
    async with track_progress("nats://127.0.0.1:1", {"function": CONSUMER}) as progress:
        assert progress.until == {"function": None}
