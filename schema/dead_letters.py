"""Dead letters: bad events, why they could not be counted, and where they came from."""

import hashlib
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Struct

from schema.masking import EventMask
from schema.problems import BadEventError, Problem, Reason
from schema.values import means


class DeadLetter(Struct, frozen=True, rename="camel"):
    """A bad event, published on `anlyt.deadletter.<stream>`. The original stays in its stream."""

    stream: Annotated[str, means("The stream of the bad event.", "BILLING_EVENTS")]
    subject: Annotated[str, means("Its subject.", "billing.events")]
    sequence: Annotated[int, means("Its sequence in the stream.", 17)]
    stored_at: Annotated[datetime, means("When the stream stored it.", "2026-10-01T12:00:00.250000Z")]
    function: Annotated[str, means("The function that could not count it.", "billing_metrics")]
    event_type: Annotated[str, means("The type that the function expected.", "sms.billed.v1")]
    reason: Annotated[
        Reason, means("The reason of the first problem; a label of `anlyt_deadletter_total`.", "missing_field")
    ]
    sentence: Annotated[str, means("What is wrong first, for people.", "accountId is missing.")]
    size_bytes: Annotated[int, means("The size of the event.", 412, unit="bytes")]
    sha256: Annotated[str, means("The SHA-256 of the event, in hexadecimal.", hashlib.sha256(b"").hexdigest())]
    event: Annotated[
        Any,
        means(
            "The event's fields. Values that a field may not have, lists, and what may be a phone number are masked; "
            "fields that the contract does not name are only counted.",
            {"eventId": "e-1", "currency": "***", "maskedFields": 1},
        ),
    ]
    problems: Annotated[
        tuple[Problem, ...],
        means(
            "Everything that is wrong with the event, in the order of its fields. Missing in dead letters of "
            "earlier releases.",
            [{"path": "$.accountId", "reason": "missing_field", "sentence": "accountId is missing."}],
        ),
    ] = ()


class Source(Struct, frozen=True):
    """Where a bad event was read, and by which function."""

    stream: str
    subject: str
    sequence: int
    stored_at: datetime
    function: str
    event_type: str


def dead_letter(source: Source, data: bytes, error: BadEventError, mask: EventMask) -> DeadLetter:
    """The dead letter for `data`, which cannot be counted because of `error`, masked by `mask`."""
    return DeadLetter(
        **msgspec.structs.asdict(source),
        reason=error.reason,
        sentence=str(error),
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        event=mask.masked(data),
        problems=error.problems,
    )


def dead_letter_id(source: Source) -> str:
    """The `Nats-Msg-Id` of a dead letter: the same at every redelivery, different if the stream was created again."""
    return f"{source.stream}:{source.sequence}:{source.function}:{source.stored_at.timestamp():.6f}"
