"""A replay sends each event once: good events are counted once, still bad ones have as many dead letters as before."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from functions import FACTS, METRICS
from functions.function import AnyFunction
from infra.embedded.engine import Engine
from ingest import deadletters
from ingest.deadletters import StoredDeadLetter
from ingest.replay import Outcome, replay
from schema.streams import SMS_DLR
from tests.support import events
from tests.support.cli import anlyt, running
from tests.support.platform import DELIVERY, Platform, open_platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

QUICK = with_batch(DELIVERY, 100)
READERS = (QUICK, with_batch(FACTS[0], 100))
ADDRESSES = ("ANLYT_NATS_URL", "ANLYT_POSTGRES_DSN", "ANLYT_CLICKHOUSE_DSN")


@pytest.fixture
async def both(database: str, warehouse: str, server: Engine) -> AsyncIterator[Platform]:
    """A platform for both functions that read delivery reports."""
    async with open_platform(server.url, database, warehouse) as opened:
        yield opened


async def _all(platform: Platform) -> list[StoredDeadLetter]:
    return [stored async for stored in deadletters.stored(platform.jetstream)]


async def _dead_letters(
    platform: Platform, messages: Sequence[Message], *functions: AnyFunction
) -> list[StoredDeadLetter]:
    """Publishes bad events; returns all dead letters."""
    await platform.publish(SMS_DLR, messages)
    await platform.drain(*(functions or [QUICK]))
    return await _all(platform)


async def _replayed(platform: Platform, dead_letters: Sequence[StoredDeadLetter]) -> list[Outcome]:
    return [outcome async for outcome in replay(platform.jetstream, dead_letters)]


def _ahead(seed: int, now: datetime) -> Message:
    """A report that is bad for two more seconds, because it is more than 24 hours in the future."""
    fields = events.report(Random(seed), now) | {"receivedAt": (now + timedelta(hours=24, seconds=2)).isoformat()}
    return Message(json.dumps(fields | {"mno": "AWCC"}).encode(), {"X-Tenant-Id": "t-1"})


async def test_an_event_that_has_become_good_is_counted_when_replayed(platform: Platform) -> None:
    now = datetime.now(UTC)
    message = _ahead(2, now)
    dead_letters = await _dead_letters(platform, [message])
    assert dead_letters[0].dead_letter.reason == "absurd_time"
    await asyncio.sleep(2.5)
    assert await _replayed(platform, dead_letters) == [Outcome(dead_letters)]
    await platform.drain(QUICK)
    assert await _all(platform) == []
    assert await differences(platform.dsn, expect([], [message], now + timedelta(minutes=1))) == []
    kept = await platform.stored_messages(SMS_DLR)
    assert kept[2].data == message.data
    assert (kept[2].headers or {})["X-Tenant-Id"] == "t-1"


async def test_events_that_are_still_bad_have_as_many_dead_letters_as_before(both: Platform) -> None:
    """Each report has two dead letters; two equal messages are two events."""
    bad = [Message(b"bad"), Message(b"bad"), Message(b"worse"), Message(b"")]
    dead_letters = await _dead_letters(both, bad, *READERS)
    assert len(dead_letters) == 8
    for _ in range(3):
        before = len(await both.stored_messages(SMS_DLR))
        outcomes = await _replayed(both, dead_letters)
        assert [len(outcome.dead_letters) for outcome in outcomes] == [2, 2, 2, 2]
        await both.drain(*READERS)
        assert len(await both.stored_messages(SMS_DLR)) == before + 4
        dead_letters = await _all(both)
        assert sorted(stored.dead_letter.sha256 for stored in dead_letters) == sorted(
            stored.dead_letter.sha256 for outcome in outcomes for stored in outcome.dead_letters
        )


async def test_replaying_one_dead_letter_drops_that_of_the_other_function(both: Platform, tmp_path: Path) -> None:
    """This holds if it is named twice, or together with the other one."""
    settings = dict(zip(ADDRESSES, (both.url, both.dsn, "http://127.0.0.1:1/anlyt"), strict=True))
    dead_letters = await _dead_letters(both, [Message(b"bad"), Message(b"worse")], *READERS)
    assert len(dead_letters) == 4
    for ids in (["1"], ["5", "5"], ["7", "8"]):
        ran = await asyncio.to_thread(anlyt, tmp_path, "deadletters", "replay", *ids, **settings)
        assert (ran.returncode, ran.stdout.count("sent to sms.dlr.inbound again")) == (0, 1), ran
        await both.drain(*READERS)
        assert len(await _all(both)) == 4


async def test_killed_again_and_again(both: Platform, tmp_path: Path) -> None:
    """After kills at random points and one complete run, every event is counted once, and has no extra dead letter."""
    rng, now = Random(20), datetime.now(UTC)
    settings = dict(zip(ADDRESSES, (both.url, both.dsn, "http://127.0.0.1:1/anlyt"), strict=True))
    good = [_ahead(seed, now) for seed in range(150)]
    bad = [Message(b"bad %d" % number) for number in range(150)]
    assert len(await _dead_letters(both, rng.sample([*good, *bad], 300), *READERS)) == 600
    await asyncio.sleep(2.5)
    for _ in range(4):
        before = (await both.jetstream.stream_info(SMS_DLR.name)).state.last_seq
        with running(tmp_path, "deadletters", "replay", "--all", **settings) as started:
            while (await both.jetstream.stream_info(SMS_DLR.name)).state.last_seq == before:
                assert started.process.poll() is None, started.process.communicate()
            await asyncio.sleep(rng.uniform(0, 0.05))
            started.process.send_signal(signal.SIGKILL)
        await both.drain(*READERS)
    await _replayed(both, await _all(both))
    await both.drain(*READERS)
    assert len(await _all(both)) == 300
    assert await differences(both.dsn, expect([], good, now + timedelta(minutes=1))) == []


async def test_dead_letters_of_an_event_and_of_its_copy_are_one_event(platform: Platform) -> None:
    """They exist after a kill between publishing the event and dropping its dead letter."""
    now = datetime.now(UTC)
    message, bad = _ahead(3, now), Message(b"bad")
    dead_letters = await _dead_letters(platform, [message, bad])
    kept = [stored.dead_letter for stored in dead_letters]
    await _replayed(platform, dead_letters)
    await deadletters.publish(platform.jetstream, kept)  # stores nothing: JetStream knows their ids
    await platform.drain(QUICK)
    copies = await _all(platform)
    assert [stored.dead_letter.sequence for stored in copies] == [3, 4]
    await asyncio.sleep(2.5)
    outcomes = await _replayed(platform, [*dead_letters, *copies])
    assert len(outcomes) == 4
    assert sorted(await platform.stored_messages(SMS_DLR)) == [1, 2, 3, 4, 5, 6]
    await platform.drain(QUICK)
    assert [stored.dead_letter.sequence for stored in await _all(platform)] == [6]
    assert await differences(platform.dsn, expect([], [message], now + timedelta(minutes=1))) == []


async def test_a_producer_cannot_make_other_events_pass_for_copies(platform: Platform) -> None:
    forged = {"Anlyt-Replay-Of": "1@0.000000"}
    dead_letters = await _dead_letters(platform, [Message(b"%d" % number, forged) for number in range(3)])
    await _replayed(platform, dead_letters)
    await platform.drain(QUICK)
    assert [stored.dead_letter.sequence for stored in await _all(platform)] == [4, 5, 6]


async def test_an_event_that_is_gone_keeps_its_dead_letters_and_the_others_are_sent(
    both: Platform, tmp_path: Path
) -> None:
    settings = dict(zip(ADDRESSES, (both.url, both.dsn, "http://127.0.0.1:1/anlyt"), strict=True))
    await _dead_letters(both, [Message(b"bad"), Message(b"worse"), Message(b"worst")], *READERS)
    await both.jetstream.delete_msg(SMS_DLR.name, 1)
    ran = await asyncio.to_thread(anlyt, tmp_path, "deadletters", "replay", "--all", **settings)
    assert ran.stdout.splitlines() == [
        "1, 4: SMS_DLR no longer keeps message 1; its producer has to send the event again.",
        "2, 5: sent to sms.dlr.inbound again",
        "3, 6: sent to sms.dlr.inbound again",
    ]
    message = "anlyt: 1 of 3 events could not be sent again; their dead letters stay.\n"
    assert (ran.returncode, ran.stderr) == (1, message)
    assert [stored.id for stored in await _all(both)] == [1, 4]


async def test_another_event_at_the_same_place_is_not_replayed(platform: Platform) -> None:
    dead_letters = await _dead_letters(platform, [Message(b"bad")])
    await platform.jetstream.delete_stream(SMS_DLR.name)
    await platform.jetstream.add_stream(name=SMS_DLR.name, subjects=[SMS_DLR.subject])
    await platform.publish(SMS_DLR, [Message(b"another")])
    [outcome] = await _replayed(platform, dead_letters)
    assert outcome.problem == "Message 1 of SMS_DLR is another event: the stream was created again."
    assert await _all(platform) == dead_letters


async def test_a_stream_that_takes_nothing_says_so(platform: Platform) -> None:
    dead_letters = await _dead_letters(platform, [Message(b"bad")])
    config = (await platform.jetstream.stream_info(SMS_DLR.name)).config
    await platform.jetstream.update_stream(config.evolve(sealed=True))
    [outcome] = await _replayed(platform, dead_letters)
    assert outcome.problem == (
        "SMS_DLR did not accept the event again: invalid operation on sealed stream (JetStream error 10109)."
    )
    assert await _all(platform) == dead_letters


assert {METRICS[1].stream, FACTS[0].stream} == {SMS_DLR}
