"""Sorts a batch of messages into events to count and dead letters to write."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.propagate import extract

from functions.function import AnyFunction
from infra.frames import Frame
from ingest.messages import sequence, stored, stored_at
from ingest.outcomes import Refusal
from schema.dead_letters import DeadLetter, Source, dead_letter
from schema.decoding import EventDecoder, Stamped
from schema.events import TENANT_HEADER
from schema.instants import NANOSECONDS, time_of
from schema.masking import EventMask
from schema.problems import BadEventError

MAX_LINKS: Final = 128  # OpenTelemetry keeps no more per span


@dataclass(slots=True)
class DecodedBatch:
    """The events of a batch's `good` messages and the dead letters of its `bad` ones, each in the same order.

    `newest_stored`: when the stream stored the last message, as an instant. `bad_indexes`: positions of the bad
    messages in the batch.
    """

    newest_stored: int
    events: list[Stamped[Any]] = field(default_factory=list)
    good: list[Frame] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    bad: list[Frame] = field(default_factory=list)
    bad_indexes: list[int] = field(default_factory=list)

    @property
    def refused(self) -> list[Refusal]:
        """The bad messages, as the ledger has them."""
        return [
            Refusal(stored(message), letter.reason, message.data)
            for message, letter in zip(self.bad, self.dead_letters, strict=True)
        ]


class BatchDecoder:
    """Decodes the messages of one function. A bad message does not affect the others of its batch."""

    def __init__(self, function: AnyFunction) -> None:
        self._function = function
        self._decoder = EventDecoder(function.event)
        self._mask = EventMask(function.event)

    def decode(self, messages: Sequence[Frame]) -> DecodedBatch:
        """The events and dead letters of a batch. `messages` must not be empty."""
        decoded = DecodedBatch(stored_at(messages[-1]))
        for index, message in enumerate(messages):
            try:
                event = self.event(message)
            except BadEventError as error:
                decoded.dead_letters.append(self._dead_letter(message, error))
                decoded.bad.append(message)
                decoded.bad_indexes.append(index)
            else:
                decoded.events.append(event)
                decoded.good.append(message)
        return decoded

    def decode_good(self, messages: Iterable[Frame]) -> list[Stamped[Any]]:
        """The events of the good messages; skips the bad ones."""
        events = []
        for message in messages:
            with suppress(BadEventError):
                events.append(self.event(message))
        return events

    def event(self, message: Frame) -> Stamped[Any]:
        """The event of one message. Raises BadEventError if it is bad."""
        arrived, nanoseconds = divmod(stored(message), NANOSECONDS)
        return self._decoder.decode(message.data, message.header(TENANT_HEADER), arrived, nanoseconds)

    def _dead_letter(self, message: Frame, error: BadEventError) -> DeadLetter:
        source = Source(
            stream=self._function.stream.name,
            subject=message.subject.decode(),
            sequence=sequence(message),
            stored_at=time_of(stored_at(message)),
            function=self._function.name,
            event_type=self._function.event.event_type,
        )
        return dead_letter(source, message.data, error, self._mask)


def trace_links(messages: Sequence[Frame]) -> list[trace.Link]:
    """Links to the traces that the messages' producers began (W3C `traceparent` headers), at most MAX_LINKS.

    Reads no other header: OpenTelemetry logs values that it cannot parse.
    """
    parents = (parent for message in messages if (parent := message.header("traceparent")))
    contexts = [
        trace.get_current_span(extract({"traceparent": parent})).get_span_context()
        for parent in islice(parents, MAX_LINKS)
    ]
    return [trace.Link(context) for context in contexts if context.is_valid]
