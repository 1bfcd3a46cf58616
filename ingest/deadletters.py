"""Publishes dead letters, and lists, shows, replays and drops them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from opentelemetry.propagate import inject

from infra.errors import AnlytError, UsageError
from infra.metrics import DEADLETTERS
from schema.letters import DeadLetter, Source, letter_id
from schema.streams import DEADLETTER

ENCODER: Final = msgspec.json.Encoder()
AT_ONCE: Final = 256


@dataclass(frozen=True, slots=True)
class Stored:
    """A letter and its number in the dead-letter stream."""

    id: int
    letter: DeadLetter


class OriginalGoneError(AnlytError):
    """A letter whose event is no longer in its stream cannot be replayed."""


async def publish(jetstream: JetStreamContext, letters: Sequence[DeadLetter]) -> None:
    """Returns when JetStream has stored every letter; publishing one again stores nothing."""
    for first in range(0, len(letters), AT_ONCE):
        await asyncio.gather(*[_publish(jetstream, one) for one in letters[first : first + AT_ONCE]])


async def _publish(jetstream: JetStreamContext, one: DeadLetter) -> None:
    source = Source(one.stream, one.subject, one.sequence, one.stored_at, one.function, one.event_type)
    headers = {"Nats-Msg-Id": letter_id(source)}
    inject(headers)  # the trace of the batch
    ack = await jetstream.publish(f"anlyt.deadletter.{one.stream}", ENCODER.encode(one), headers=headers)
    if not ack.duplicate:
        DEADLETTERS.labels(one.stream, one.reason).inc()


async def stored(jetstream: JetStreamContext) -> AsyncIterator[Stored]:
    """All letters, oldest first; UsageError before `anlyt migrate`."""
    try:
        state = (await jetstream.stream_info(DEADLETTER.name)).state
    except NotFoundError as error:
        raise UsageError(f"Stream {DEADLETTER.name} does not exist; run `anlyt migrate` first.") from error
    sequence = state.first_seq
    while sequence <= state.last_seq:
        try:
            message = await jetstream.get_msg(DEADLETTER.name, seq=sequence, next=True, subject=DEADLETTER.subject)
        except NotFoundError:
            return
        found = _stored(message)
        yield found
        sequence = found.id + 1


async def one(jetstream: JetStreamContext, id_: int) -> Stored:
    """The letter of a number; UsageError if there is none."""
    try:
        return _stored(await jetstream.get_msg(DEADLETTER.name, seq=id_))
    except NotFoundError as error:
        raise UsageError(f"There is no dead letter {id_}; `anlyt deadletters list` shows them.") from error


async def replay(jetstream: JetStreamContext, found: Stored) -> None:
    """Publishes the original event again, for every function that reads its stream, then drops the letter.

    Functions that counted it already recognise it. Killed in between, the letter stays and can be replayed again.
    """
    original = await _original(jetstream, found.letter)
    headers = {name: value for name, value in (original.headers or {}).items() if not name.startswith("Nats-")}
    await jetstream.publish(found.letter.subject, original.data or b"", headers=headers or None)
    await drop(jetstream, found)


async def drop(jetstream: JetStreamContext, found: Stored) -> None:
    await jetstream.delete_msg(DEADLETTER.name, found.id)


async def _original(jetstream: JetStreamContext, letter: DeadLetter) -> RawStreamMsg:
    """The event as it was published: the letter itself keeps no value that it should not."""
    try:
        message = await jetstream.get_msg(letter.stream, seq=letter.sequence)
    except NotFoundError as error:
        raise OriginalGoneError(
            f"{letter.stream} no longer keeps message {letter.sequence}; its producer has to send the event again."
        ) from error
    if sha256(message.data or b"").hexdigest() != letter.sha256:
        raise OriginalGoneError(
            f"Message {letter.sequence} of {letter.stream} is another one: the stream was made anew."
        )
    return message


def _stored(message: RawStreamMsg) -> Stored:
    return Stored(message.seq or 0, msgspec.json.decode(message.data or b"", type=DeadLetter))
