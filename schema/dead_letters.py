"""The dead letter: a bad event, why it could not be counted, and where it came from."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from schema.decoding import Reason
from schema.masking import EventMask


class DeadLetter(Struct, frozen=True, rename="camel"):
    """What `anlyt.deadletter.<stream>` carries; the original stays in its stream at `sequence`."""

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
    """The dead letter for `data`; what `mask` hides does not get into it."""
    return DeadLetter(
        **msgspec.structs.asdict(source),
        reason=reason,
        sentence=sentence,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        event=mask.masked(data),
    )


def dead_letter_id(source: Source) -> str:
    """The `Nats-Msg-Id` of a dead letter: the same at every redelivery, another if the stream was made anew."""
    return f"{source.stream}:{source.sequence}:{source.function}:{source.stored_at.timestamp():.6f}"
