import json
from datetime import UTC, datetime
from random import Random

import pytest

from infra.errors import UsageError
from ingest import deadletters
from ingest.deadletters import NotADeadLetterError, NotDroppedError, StoredDeadLetter
from schema.streams import DEADLETTER, SMS_DLR
from tests.support import events
from tests.support.platform import DELIVERY, Platform, with_batch
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

QUICK = with_batch(DELIVERY, 100)


async def _all(platform: Platform) -> list[StoredDeadLetter]:
    return [found async for found in deadletters.stored(platform.jetstream)]


async def _dead_letter(platform: Platform, message: Message) -> StoredDeadLetter:
    """The dead letter of a bad event."""
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
    wrong = {"latencyMs": -1, "destinationPrefix": "93701234567"}
    fields = (
        events.report(Random(1), datetime.now(UTC)) | {"eventId": "e-1", "messageId": "m-1", "tpsSnapshot": 7} | wrong
    )
    fields["to"] = "+93701234567"
    data = json.dumps(fields).encode()
    found = await _dead_letter(platform, Message(data))
    assert found.dead_letter.function == "delivery_metrics"
    assert found.dead_letter.event_type == "sms.dlr.inbound.v1"
    assert (found.dead_letter.stream, found.dead_letter.subject, found.dead_letter.sequence) == (
        "SMS_DLR",
        "sms.dlr.inbound",
        1,
    )
    assert (found.dead_letter.reason, found.dead_letter.size_bytes) == ("invalid_field", len(data))
    assert found.dead_letter.sentence == "latencyMs must be an integer from 0 to 2147483648."
    del fields["to"]
    assert found.dead_letter.event == fields | dict.fromkeys(wrong, "***") | {"maskedFields": 1}
    assert await deadletters.one(platform.jetstream, found.id) == found


async def test_letters_are_listed_in_order_around_dropped_ones(platform: Platform) -> None:
    await platform.publish(SMS_DLR, [Message(b"%d" % number) for number in range(5)])
    await platform.drain(QUICK)
    for found in (await _all(platform))[:4:2]:
        await deadletters.drop(platform.jetstream, found.id)
    assert [found.dead_letter.sequence for found in await _all(platform)] == [2, 4, 5]
    with pytest.raises(UsageError):
        await deadletters.one(platform.jetstream, 1)


async def test_a_letter_is_stored_once_however_often_it_is_published(platform: Platform) -> None:
    found = await _dead_letter(platform, Message(b"bad"))
    await deadletters.publish(platform.jetstream, [found.dead_letter] * 600)
    assert await _all(platform) == [found]


async def test_a_stream_made_anew_gets_letters_of_its_own(platform: Platform) -> None:
    """Its sequences begin at 1 again."""
    await _dead_letter(platform, Message(b"bad"))
    await platform.jetstream.delete_stream(SMS_DLR.name)
    await platform.jetstream.add_stream(name=SMS_DLR.name, subjects=[SMS_DLR.subject])
    await _dead_letter(platform, Message(b"worse"))
    assert [found.dead_letter.sequence for found in await _all(platform)] == [1, 1]
    assert (await platform.jetstream.stream_info(DEADLETTER.name)).state.messages == 2


async def test_what_is_no_letter_is_named_and_can_be_dropped(platform: Platform) -> None:
    await platform.jetstream.publish("anlyt.deadletter.X", b"hello")
    with pytest.raises(
        NotADeadLetterError, match=r"Message 1 of ANLYT_DEADLETTER is no dead letter .*; `anlyt deadletters drop 1`"
    ):
        await _all(platform)
    assert await deadletters.ids(platform.jetstream) == [1]
    await deadletters.drop(platform.jetstream, 1)
    assert await _all(platform) == []


async def test_a_letter_that_is_gone_is_dropped(platform: Platform) -> None:
    """Somebody else was quicker, and the stream is empty by then, or not."""
    await deadletters.drop(platform.jetstream, 1)
    await platform.publish(SMS_DLR, [Message(b"bad"), Message(b"worse")])
    await platform.drain(QUICK)
    for _ in range(2):
        await deadletters.drop(platform.jetstream, 1)
    assert [found.id for found in await _all(platform)] == [2]


async def test_a_server_that_keeps_letters_says_so(platform: Platform) -> None:
    found = await _dead_letter(platform, Message(b"bad"))
    config = (await platform.jetstream.stream_info(DEADLETTER.name)).config
    await platform.jetstream.update_stream(config.evolve(deny_delete=True))
    with pytest.raises(NotDroppedError, match="Dead letter 1 cannot be dropped: message delete not permitted"):
        await deadletters.drop(platform.jetstream, found.id)
