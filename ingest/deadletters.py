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
from infra.refusals import is_missing_stream, reason
from schema.dead_letters import DeadLetter, Source, dead_letter_id
from schema.masking import MASK, EventMask
from schema.streams import DEADLETTER

ENCODER: Final = msgspec.json.Encoder()
AT_ONCE: Final = 256
MASKS: Final = {function.event.event_type: EventMask(function.event) for function in FUNCTIONS}


@dataclass(frozen=True, slots=True)
class Stored:
    """A dead letter and its number in the dead-letter stream."""

    id: int
    dead_letter: DeadLetter


class NotALetterError(AnlytError):
    """Somebody else published to the dead-letter stream."""


class NotDroppedError(AnlytError):
    """The server refused to delete a dead letter."""


async def publish(jetstream: JetStreamContext, dead_letters: Sequence[DeadLetter]) -> None:
    """Returns when JetStream has stored every dead letter; publishing one again stores nothing."""
    for first in range(0, len(dead_letters), AT_ONCE):
        await asyncio.gather(*[_publish(jetstream, one) for one in dead_letters[first : first + AT_ONCE]])


async def _publish(jetstream: JetStreamContext, one: DeadLetter) -> None:
    source = Source(one.stream, one.subject, one.sequence, one.stored_at, one.function, one.event_type)
    headers = {"Nats-Msg-Id": dead_letter_id(source)}
    inject(headers)  # the trace of the batch
    ack = await jetstream.publish(f"anlyt.deadletter.{one.stream}", ENCODER.encode(one), headers=headers)
    if not ack.duplicate:
        DEADLETTERS.labels(one.stream, one.reason).inc()


async def stored(jetstream: JetStreamContext) -> AsyncIterator[Stored]:
    """All dead letters, oldest first; UsageError before `anlyt migrate`."""
    async for message in _messages(jetstream):
        yield _stored(message)


async def ids(jetstream: JetStreamContext) -> list[int]:
    """The numbers of all dead letters, also of what is none; UsageError before `anlyt migrate`."""
    return [message.seq or 0 async for message in _messages(jetstream)]


async def _messages(jetstream: JetStreamContext) -> AsyncIterator[RawStreamMsg]:
    try:
        state = (await jetstream.stream_info(DEADLETTER.name)).state
    except NotFoundError as error:
        raise _not_migrated() from error
    sequence = state.first_seq
    while sequence <= state.last_seq:
        try:
            message = await jetstream.get_msg(DEADLETTER.name, seq=sequence, next=True, subject=DEADLETTER.subject)
        except NotFoundError:
            return
        yield message
        sequence = (message.seq or 0) + 1


async def one(jetstream: JetStreamContext, id_: int) -> Stored:
    """The dead letter of a number; UsageError if there is none."""
    return _stored(await _message(jetstream, id_))


async def check(jetstream: JetStreamContext, id_: int) -> None:
    """UsageError if there is no dead letter of this number."""
    await _message(jetstream, id_)


async def _message(jetstream: JetStreamContext, id_: int) -> RawStreamMsg:
    try:
        return await jetstream.get_msg(DEADLETTER.name, seq=id_)
    except NotFoundError as error:
        if is_missing_stream(error):
            raise _not_migrated() from error
        raise UsageError(f"There is no dead letter {id_}; `anlyt deadletters list` shows them.") from error


async def drop(jetstream: JetStreamContext, id_: int) -> None:
    """Deletes a dead letter; one that is gone already is gone. NotDroppedError if the server refuses."""
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


def _not_migrated() -> UsageError:
    return UsageError(f"Stream {DEADLETTER.name} does not exist; run `anlyt migrate` first.")


def _stored(message: RawStreamMsg) -> Stored:
    """Masked once more: it may be of a release that masked less."""
    try:
        dead_letter = msgspec.json.decode(message.data or b"", type=DeadLetter)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotALetterError(
            f"Message {message.seq} of {DEADLETTER.name} is no dead letter of anlyt; "
            f"`anlyt deadletters drop {message.seq}` removes it."
        ) from error
    mask = MASKS.get(dead_letter.event_type)
    event = mask.masked_again(dead_letter.event) if mask else MASK
    return Stored(message.seq or 0, msgspec.structs.replace(dead_letter, event=event))
