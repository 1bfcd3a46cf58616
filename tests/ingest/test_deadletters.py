import asyncio
import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from infra.errors import UsageError
from ingest import deadletters
from ingest.deadletters import OriginalGoneError, Stored
from schema.streams import DEADLETTER, SMS_DLR
from tests.support import events
from tests.support.platform import DELIVERY, Platform, cut
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

QUICK = cut(DELIVERY, 100)


async def _all(platform: Platform) -> list[Stored]:
    return [found async for found in deadletters.stored(platform.jetstream)]


async def _letter(platform: Platform, message: Message) -> Stored:
    """The letter of a bad event."""
    await platform.publish(SMS_DLR, [message])
    await platform.drain(QUICK)
    return (await _all(platform))[-1]


async def test_no_letters(platform: Platform) -> None:
    assert await _all(platform) == []
    with pytest.raises(UsageError, match="There is no dead letter 1; "):
        await deadletters.one(platform.jetstream, 1)


async def test_before_there_is_a_stream_of_letters(platform: Platform) -> None:
    await platform.jetstream.delete_stream(DEADLETTER.name)
    with pytest.raises(UsageError, match="Stream ANLYT_DEADLETTER does not exist; run `anlyt migrate` first"):
        await _all(platform)


async def test_a_letter_says_what_is_wrong_and_where_the_event_is(platform: Platform) -> None:
    fields = events.report(Random(1), datetime.now(UTC)) | {"latencyMs": -1, "to": "+93701234567"}
    data = json.dumps(fields).encode()
    found = await _letter(platform, Message(data))
    assert found.letter.function == "delivery_metrics"
    assert found.letter.event_type == "sms.dlr.inbound.v1"
    assert (found.letter.stream, found.letter.subject, found.letter.sequence) == ("SMS_DLR", "sms.dlr.inbound", 1)
    assert (found.letter.reason, found.letter.size_bytes) == ("invalid_field", len(data))
    assert found.letter.sentence == "latencyMs must be an integer from 0 to 2147483648."
    del fields["to"]
    assert found.letter.event == fields | {"maskedFields": 1}
    assert await deadletters.one(platform.jetstream, found.id) == found


async def test_letters_are_listed_in_order_around_dropped_ones(platform: Platform) -> None:
    await platform.publish(SMS_DLR, [Message(b"%d" % number) for number in range(5)])
    await platform.drain(QUICK)
    for found in (await _all(platform))[:4:2]:
        await deadletters.drop(platform.jetstream, found)
    assert [found.letter.sequence for found in await _all(platform)] == [2, 4, 5]
    with pytest.raises(UsageError):
        await deadletters.one(platform.jetstream, 1)


async def test_a_letter_is_stored_once_however_often_it_is_published(platform: Platform) -> None:
    found = await _letter(platform, Message(b"bad"))
    await deadletters.publish(platform.jetstream, [found.letter] * 600)
    assert await _all(platform) == [found]


async def test_an_event_that_has_become_good_is_counted_when_replayed(platform: Platform) -> None:
    """More than 24 hours ahead, for another moment."""
    now = datetime.now(UTC)
    fields = events.report(Random(2), now) | {"receivedAt": (now + timedelta(hours=24, seconds=2)).isoformat()}
    del fields["mno"]
    message = Message(json.dumps(fields).encode(), {"X-Tenant-Id": "t-1"})
    found = await _letter(platform, message)
    assert found.letter.reason == "absurd_time"
    await asyncio.sleep(2.5)
    await deadletters.replay(platform.jetstream, found)
    await platform.drain(QUICK)
    assert await _all(platform) == []
    assert await differences(platform.dsn, expect([], [message], now + timedelta(minutes=1))) == []
    kept = await platform.kept(SMS_DLR)
    assert kept[2].data == message.data
    assert (kept[2].headers or {})["X-Tenant-Id"] == "t-1"


async def test_an_event_that_is_still_bad_gets_another_letter_when_replayed(platform: Platform) -> None:
    found = await _letter(platform, Message(b"bad"))
    await deadletters.replay(platform.jetstream, found)
    await platform.drain(QUICK)
    [again] = await _all(platform)
    assert (again.letter.sequence, again.letter.sha256) == (2, found.letter.sha256)


async def test_an_empty_event_can_be_replayed(platform: Platform) -> None:
    found = await _letter(platform, Message(b""))
    await deadletters.replay(platform.jetstream, found)
    await platform.drain(QUICK)
    assert [again.letter.sequence for again in await _all(platform)] == [2]


async def test_what_was_replayed_twice_is_counted_once(platform: Platform) -> None:
    """As after a kill between publishing the event and dropping its letter."""
    now = datetime.now(UTC)
    fields = events.report(Random(3), now) | {"receivedAt": (now + timedelta(hours=24, seconds=2)).isoformat()}
    message = Message(json.dumps(fields).encode())
    found = await _letter(platform, message)
    await asyncio.sleep(2.5)
    await deadletters.replay(platform.jetstream, found)
    await platform.jetstream.publish(SMS_DLR.subject, message.data)
    await platform.drain(QUICK)
    assert await differences(platform.dsn, expect([], [message], now + timedelta(minutes=1))) == []


async def test_an_event_that_is_gone_cannot_be_replayed(platform: Platform) -> None:
    found = await _letter(platform, Message(b"bad"))
    await platform.jetstream.purge_stream(SMS_DLR.name)
    with pytest.raises(OriginalGoneError, match="no longer keeps message 1; its producer has to send"):
        await deadletters.replay(platform.jetstream, found)
    assert await _all(platform) == [found]


async def test_another_event_at_the_same_place_is_not_replayed(platform: Platform) -> None:
    found = await _letter(platform, Message(b"bad"))
    await platform.jetstream.delete_stream(SMS_DLR.name)
    await platform.jetstream.add_stream(name=SMS_DLR.name, subjects=[SMS_DLR.subject])
    await platform.publish(SMS_DLR, [Message(b"another")])
    with pytest.raises(OriginalGoneError, match="the stream was made anew"):
        await deadletters.replay(platform.jetstream, found)
    assert await _all(platform) == [found]


async def test_a_stream_made_anew_gets_letters_of_its_own(platform: Platform) -> None:
    """Its sequences begin at 1 again."""
    await _letter(platform, Message(b"bad"))
    await platform.jetstream.delete_stream(SMS_DLR.name)
    await platform.jetstream.add_stream(name=SMS_DLR.name, subjects=[SMS_DLR.subject])
    await _letter(platform, Message(b"worse"))
    assert [found.letter.sequence for found in await _all(platform)] == [1, 1]
    assert (await platform.jetstream.stream_info(DEADLETTER.name)).state.messages == 2
