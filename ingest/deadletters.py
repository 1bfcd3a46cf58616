"""Publishes dead letters, and lists, shows and drops them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError
from opentelemetry.propagate import inject

from functions import FUNCTIONS
from infra.errors import AnlytError, UsageError
from infra.metrics import DEADLETTERS
from infra.refusals import is_missing_stream, missing_stream, reason
from schema.dead_letters import DeadLetter, Source, dead_letter_id
from schema.masking import EventMask
from schema.phone_numbers import MASK
from schema.streams import DEADLETTER

ENCODER: Final = msgspec.json.Encoder()
CONCURRENT_PUBLISHES: Final = 256
MASKS: Final = {function.event.event_type: EventMask(function.event) for function in FUNCTIONS}


@dataclass(frozen=True, slots=True)
class StoredDeadLetter:
    """A dead letter and its sequence in the dead-letter stream."""

    id: int
    dead_letter: DeadLetter


class NotADeadLetterError(AnlytError):
    """A message in the dead-letter stream has another format: another program published it."""


class NotDroppedError(AnlytError):
    """The server refused to delete a dead letter."""


async def publish(jetstream: JetStreamContext, dead_letters: Sequence[DeadLetter]) -> None:
    """Returns when JetStream has stored every dead letter. Idempotent."""
    for first in range(0, len(dead_letters), CONCURRENT_PUBLISHES):
        chunk = dead_letters[first : first + CONCURRENT_PUBLISHES]
        await asyncio.gather(*[_publish(jetstream, dead_letter) for dead_letter in chunk])


async def _publish(jetstream: JetStreamContext, dead_letter: DeadLetter) -> None:
    source = Source(
        dead_letter.stream,
        dead_letter.subject,
        dead_letter.sequence,
        dead_letter.stored_at,
        dead_letter.function,
        dead_letter.event_type,
    )
    headers = {"Nats-Msg-Id": dead_letter_id(source)}
    inject(headers)  # the trace of the batch
    subject = f"anlyt.deadletter.{dead_letter.stream}"
    ack = await jetstream.publish(subject, ENCODER.encode(dead_letter), headers=headers)
    if not ack.duplicate:
        DEADLETTERS.labels(dead_letter.stream, dead_letter.reason).inc()


async def stored(jetstream: JetStreamContext) -> AsyncIterator[StoredDeadLetter]:
    """All dead letters, oldest first. Raises UsageError before `anlyt migrate` made their stream."""
    async for message in _messages(jetstream):
        yield _stored(message)


async def ids(jetstream: JetStreamContext) -> list[int]:
    """The sequences of all messages in the dead-letter stream, also of those in another format.

    Raises UsageError before `anlyt migrate` made the stream.
    """
    return [message.seq or 0 async for message in _messages(jetstream)]


async def _messages(jetstream: JetStreamContext) -> AsyncIterator[RawStreamMsg]:
    try:
        state = (await jetstream.stream_info(DEADLETTER.name)).state
    except NotFoundError as error:
        raise missing_stream(DEADLETTER) from error
    sequence = state.first_seq
    while sequence <= state.last_seq:
        try:
            message = await jetstream.get_msg(DEADLETTER.name, seq=sequence, next=True, subject=DEADLETTER.subject)
        except NotFoundError:
            return
        yield message
        sequence = (message.seq or 0) + 1


async def one(jetstream: JetStreamContext, id_: int) -> StoredDeadLetter:
    """The dead letter of this sequence. Raises UsageError if there is none."""
    return _stored(await _message(jetstream, id_))


async def check(jetstream: JetStreamContext, id_: int) -> None:
    """Raises UsageError if the dead-letter stream has no message of this sequence."""
    await _message(jetstream, id_)


async def _message(jetstream: JetStreamContext, id_: int) -> RawStreamMsg:
    try:
        return await jetstream.get_msg(DEADLETTER.name, seq=id_)
    except NotFoundError as error:
        if is_missing_stream(error):
            raise missing_stream(DEADLETTER) from error
        raise UsageError(f"There is no dead letter {id_}; `anlyt deadletters list` shows them.") from error


async def drop(jetstream: JetStreamContext, id_: int) -> None:
    """Deletes a dead letter; does nothing if it is gone already. Raises NotDroppedError if the server refuses."""
    try:
        await jetstream.delete_msg(DEADLETTER.name, id_)
    except APIError as error:
        if not await _is_gone(jetstream, id_):
            raise NotDroppedError(f"Dead letter {id_} cannot be dropped: {reason(error)}.") from error


async def _is_gone(jetstream: JetStreamContext, id_: int) -> bool:
    try:
        await jetstream.get_msg(DEADLETTER.name, seq=id_)
    except NotFoundError:
        return True
    return False


def _stored(message: RawStreamMsg) -> StoredDeadLetter:
    """Decodes a dead letter and masks it again: an earlier release may have masked less."""
    try:
        dead_letter = msgspec.json.decode(message.data or b"", type=DeadLetter)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotADeadLetterError(
            f"Message {message.seq} of {DEADLETTER.name} is not a dead letter of anlyt; "
            f"`anlyt deadletters drop {message.seq}` removes it."
        ) from error
    mask = MASKS.get(dead_letter.event_type)
    event = mask.masked_again(dead_letter.event) if mask else MASK
    return StoredDeadLetter(message.seq or 0, msgspec.structs.replace(dead_letter, event=event))
