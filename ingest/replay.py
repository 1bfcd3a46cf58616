"""Publishes the events of dead letters again: each event once, however many functions have a dead letter for it."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from infra.errors import AnlytError
from infra.refusals import reason
from ingest.deadletters import StoredDeadLetter, drop
from schema.dead_letters import DeadLetter

# Names the message that this one is a copy of. A killed replay leaves dead letters of both, which are one event.
REPLAY_OF: Final = "Anlyt-Replay-Of"


class NotReplayedError(AnlytError):
    """An event cannot be published again; its dead letters stay."""


class OriginalMessage(NamedTuple):
    """Identifies a message as its dead letters do. The time distinguishes it from messages of a recreated stream."""

    stream: str
    sequence: int
    stored_at: float


class Publication(NamedTuple):
    """Identifies a publication. It is equal for an event and for the copy that an earlier replay made of it."""

    stream: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The dead letters of one event. `problem`: why it was not published again; None: it was, and they are dropped."""

    dead_letters: Sequence[StoredDeadLetter]
    problem: str | None = None


def by_original(dead_letters: Iterable[StoredDeadLetter]) -> Mapping[OriginalMessage, Sequence[StoredDeadLetter]]:
    """The dead letters of each message, in their order."""
    originals: defaultdict[OriginalMessage, list[StoredDeadLetter]] = defaultdict(list)
    for stored in dead_letters:
        originals[original_of(stored.dead_letter)].append(stored)
    return originals


def original_of(dead_letter: DeadLetter) -> OriginalMessage:
    return OriginalMessage(dead_letter.stream, dead_letter.sequence, dead_letter.stored_at.timestamp())


async def replay(jetstream: JetStreamContext, dead_letters: Iterable[StoredDeadLetter]) -> AsyncIterator[Outcome]:
    """Publishes each event again to its stream, then drops its dead letters; yields an outcome per event.

    Functions that counted the event already recognise it. After a kill, remaining dead letters can be replayed again.
    """
    sent: set[Publication] = set()
    for event, stored in by_original(dead_letters).items():
        try:
            await _send(jetstream, event, stored[0].dead_letter, sent)
        except NotReplayedError as error:
            yield Outcome(stored, str(error))
            continue
        for each in stored:
            await drop(jetstream, each.id)
        yield Outcome(stored)


async def _send(
    jetstream: JetStreamContext, event: OriginalMessage, dead_letter: DeadLetter, sent: set[Publication]
) -> None:
    """Publishes an event again and adds it to `sent`; does nothing if it is there already."""
    original = await _original(jetstream, dead_letter)
    headers = {name: value for name, value in (original.headers or {}).items() if not name.startswith("Nats-")}
    headers.setdefault(REPLAY_OF, f"{event.sequence}@{event.stored_at:.6f}")
    publication = Publication(
        dead_letter.stream, dead_letter.subject, tuple(sorted(headers.items())), dead_letter.sha256
    )
    if publication in sent:
        return
    try:
        await jetstream.publish(dead_letter.subject, original.data or b"", stream=dead_letter.stream, headers=headers)
    except NatsError as error:
        raise NotReplayedError(f"{dead_letter.stream} did not accept the event again: {reason(error)}.") from error
    sent.add(publication)


async def _original(jetstream: JetStreamContext, dead_letter: DeadLetter) -> RawStreamMsg:
    """The event as its producer published it: a dead letter is masked. Raises NotReplayedError if it is gone."""
    try:
        message = await jetstream.get_msg(dead_letter.stream, seq=dead_letter.sequence)
    except NotFoundError as error:
        raise NotReplayedError(
            f"{dead_letter.stream} no longer keeps message {dead_letter.sequence}; "
            "its producer has to send the event again."
        ) from error
    if sha256(message.data or b"").hexdigest() != dead_letter.sha256:
        raise NotReplayedError(
            f"Message {dead_letter.sequence} of {dead_letter.stream} is another event: the stream was created again."
        )
    return message
