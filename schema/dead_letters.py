"""Dead letters: bad events, why they could not be counted, and where they came from."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from schema.decoding import Reason
from schema.masking import EventMask


class DeadLetter(Struct, frozen=True, rename="camel"):
    """The message on `anlyt.deadletter.<stream>`. The original stays in its stream at `sequence`.

    `sentence`: the reason for people. `event`: the masked event.
    """

    stream: str
    subject: str
    sequence: int
    stored_at: datetime
    function: str
    event_type: str
    reason: Reason
    sentence: str
    size_bytes: int
    sha256: str
    event: Any


class Source(Struct, frozen=True):
    """Where a bad event was read, and by which function."""

    stream: str
    subject: str
    sequence: int
    stored_at: datetime
    function: str
    event_type: str


def dead_letter(source: Source, data: bytes, reason: Reason, sentence: str, mask: EventMask) -> DeadLetter:
    """The dead letter for `data`, masked by `mask`."""
    return DeadLetter(
        **msgspec.structs.asdict(source),
        reason=reason,
        sentence=sentence,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        event=mask.masked(data),
    )


def dead_letter_id(source: Source) -> str:
    """The `Nats-Msg-Id` of a dead letter: the same at every redelivery, different if the stream was created again."""
    return f"{source.stream}:{source.sequence}:{source.function}:{source.stored_at.timestamp():.6f}"
