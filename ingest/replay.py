"""Sends the events of dead letters again: each event once, however many functions have a dead letter for it."""

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
from ingest.deadletters import Stored, drop
from schema.dead_letters import DeadLetter

# Of which message a message is the copy: a replay that was killed has left dead letters for both, and one event.
REPLAY_OF: Final = "Anlyt-Replay-Of"


class NotReplayedError(AnlytError):
    """An event that could not be sent again; its dead letters stay."""


class Event(NamedTuple):
    """A message of a stream, as its dead letters name it; a stream that was made anew has others."""

    stream: str
    sequence: int
    stored_at: float


class Copy(NamedTuple):
    """What is published: the same for an event, and for a copy of it that an earlier replay made."""

    stream: str
    subject: str
    headers: tuple[tuple[str, str], ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The dead letters of one event; `problem` says why it was not sent again, and they stay."""

    dead_letters: Sequence[Stored]
    problem: str | None = None


def by_event(dead_letters: Iterable[Stored]) -> Mapping[Event, Sequence[Stored]]:
    """Each event's dead letters, in their order."""
    events: defaultdict[Event, list[Stored]] = defaultdict(list)
    for found in dead_letters:
        events[event_of(found.dead_letter)].append(found)
    return events


def event_of(dead_letter: DeadLetter) -> Event:
    return Event(dead_letter.stream, dead_letter.sequence, dead_letter.stored_at.timestamp())


async def replay(jetstream: JetStreamContext, dead_letters: Iterable[Stored]) -> AsyncIterator[Outcome]:
    """Publishes each event again, for every function that reads its stream, then drops all its `dead letters`.

    Functions that counted it already recognise it. Killed in between, the dead letters stay and can be replayed again.
    """
    sent: set[Copy] = set()
    for event, found in by_event(dead_letters).items():
        try:
            await _send(jetstream, event, found[0].dead_letter, sent)
        except NotReplayedError as error:
            yield Outcome(found, str(error))
            continue
        for each in found:
            await drop(jetstream, each.id)
        yield Outcome(found)


async def _send(jetstream: JetStreamContext, event: Event, dead_letter: DeadLetter, sent: set[Copy]) -> None:
    """Unless it is among what was `sent`."""
    original = await _original(jetstream, dead_letter)
    headers = {name: value for name, value in (original.headers or {}).items() if not name.startswith("Nats-")}
    headers.setdefault(REPLAY_OF, f"{event.sequence}@{event.stored_at:.6f}")
    copy = Copy(dead_letter.stream, dead_letter.subject, tuple(sorted(headers.items())), dead_letter.sha256)
    if copy in sent:
        return
    try:
        await jetstream.publish(dead_letter.subject, original.data or b"", stream=dead_letter.stream, headers=headers)
    except NatsError as error:
        raise NotReplayedError(f"{dead_letter.stream} did not take the event again: {reason(error)}.") from error
    sent.add(copy)


async def _original(jetstream: JetStreamContext, dead_letter: DeadLetter) -> RawStreamMsg:
    """The event as it was published: the dead letter itself keeps no value that it should not."""
    try:
        message = await jetstream.get_msg(dead_letter.stream, seq=dead_letter.sequence)
    except NotFoundError as error:
        raise NotReplayedError(
            f"{dead_letter.stream} no longer keeps message {dead_letter.sequence}; "
            "its producer has to send the event again."
        ) from error
    if sha256(message.data or b"").hexdigest() != dead_letter.sha256:
        raise NotReplayedError(
            f"Message {dead_letter.sequence} of {dead_letter.stream} is another one: the stream was made anew."
        )
    return message
