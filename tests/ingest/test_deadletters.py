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
    return [stored async for stored in deadletters.stored(platform.jetstream)]


async def _dead_letter(platform: Platform, message: Message) -> StoredDeadLetter:
    """The dead letter of a bad event."""
    await platform.publish(SMS_DLR, [message])
    await platform.drain(QUICK)
    return (await _all(platform))[-1]


async def test_no_dead_letters(platform: Platform) -> None:
    assert await _all(platform) == []
    with pytest.raises(UsageError, match="There is no dead letter 1; "):
        await deadletters.one(platform.jetstream, 1)


async def test_before_there_is_a_stream_of_dead_letters(platform: Platform) -> None:
    await platform.jetstream.delete_stream(DEADLETTER.name)
    with pytest.raises(UsageError, match="Stream ANLYT_DEADLETTER does not exist; run `anlyt migrate` first"):
        await _all(platform)


async def test_a_dead_letter_says_what_is_wrong_and_where_the_event_is(platform: Platform) -> None:
    wrong = {"latencyMs": -1, "destinationPrefix": "93701234567"}
    fields = (
        events.report(Random(1), datetime.now(UTC)) | {"eventId": "e-1", "messageId": "m-1", "tpsSnapshot": 7} | wrong
    )
    fields["to"] = "+93701234567"
    data = json.dumps(fields).encode()
    stored = await _dead_letter(platform, Message(data))
    assert stored.dead_letter.function == "delivery_metrics"
    assert stored.dead_letter.event_type == "sms.dlr.inbound.v1"
    assert (stored.dead_letter.stream, stored.dead_letter.subject, stored.dead_letter.sequence) == (
        "SMS_DLR",
        "sms.dlr.inbound",
        1,
    )
    assert (stored.dead_letter.reason, stored.dead_letter.size_bytes) == ("invalid_field", len(data))
    assert stored.dead_letter.sentence == "latencyMs must be an integer from 0 to 2147483648."
    assert [problem.path for problem in stored.dead_letter.problems] == ["$.latencyMs", "$.destinationPrefix"]
    del fields["to"]
    assert stored.dead_letter.event == fields | dict.fromkeys(wrong, "***") | {"maskedFields": 1}
    assert await deadletters.one(platform.jetstream, stored.id) == stored


async def test_dead_letters_are_listed_in_order_around_dropped_ones(platform: Platform) -> None:
    await platform.publish(SMS_DLR, [Message(b"%d" % number) for number in range(5)])
    await platform.drain(QUICK)
    for stored in (await _all(platform))[:4:2]:
        await deadletters.drop(platform.jetstream, stored.id)
    assert [stored.dead_letter.sequence for stored in await _all(platform)] == [2, 4, 5]
    with pytest.raises(UsageError):
        await deadletters.one(platform.jetstream, 1)


async def test_a_dead_letter_is_stored_once_however_often_it_is_published(platform: Platform) -> None:
    stored = await _dead_letter(platform, Message(b"bad"))
    await deadletters.publish(platform.jetstream, [stored.dead_letter] * 600)
    assert await _all(platform) == [stored]


async def test_a_stream_made_anew_gets_dead_letters_of_its_own(platform: Platform) -> None:
    """The new stream's sequences begin at 1 again."""
    await _dead_letter(platform, Message(b"bad"))
    await platform.jetstream.delete_stream(SMS_DLR.name)
    await platform.jetstream.add_stream(name=SMS_DLR.name, subjects=[SMS_DLR.subject])
    await _dead_letter(platform, Message(b"worse"))
    assert [stored.dead_letter.sequence for stored in await _all(platform)] == [1, 1]
    assert (await platform.jetstream.stream_info(DEADLETTER.name)).state.messages == 2


async def test_what_is_no_dead_letter_is_named_and_can_be_dropped(platform: Platform) -> None:
    await platform.jetstream.publish("anlyt.deadletter.X", b"hello")
    with pytest.raises(
        NotADeadLetterError, match=r"Message 1 of ANLYT_DEADLETTER is not a dead letter .*; `anlyt deadletters drop 1`"
    ):
        await _all(platform)
    assert await deadletters.ids(platform.jetstream) == [1]
    await deadletters.drop(platform.jetstream, 1)
    assert await _all(platform) == []


async def test_a_dead_letter_that_is_gone_is_dropped(platform: Platform) -> None:
    """It was dropped before; the stream is empty, or has other dead letters."""
    await deadletters.drop(platform.jetstream, 1)
    await platform.publish(SMS_DLR, [Message(b"bad"), Message(b"worse")])
    await platform.drain(QUICK)
    for _ in range(2):
        await deadletters.drop(platform.jetstream, 1)
    assert [stored.id for stored in await _all(platform)] == [2]


async def test_a_server_that_keeps_dead_letters_says_so(platform: Platform) -> None:
    stored = await _dead_letter(platform, Message(b"bad"))
    config = (await platform.jetstream.stream_info(DEADLETTER.name)).config
    await platform.jetstream.update_stream(config.evolve(deny_delete=True))
    with pytest.raises(NotDroppedError, match="Dead letter 1 cannot be dropped: message delete not permitted"):
        await deadletters.drop(platform.jetstream, stored.id)
