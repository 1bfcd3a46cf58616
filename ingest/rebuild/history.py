"""Reads all that a stream still has, from its beginning and in order, beside its workers and without their durable."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import NotFoundError

from functions.function import AnyFunction
from infra.frames import Frame, FrameClient
from ingest.reader import Reader
from ingest.rebuild.window import Reading

INACTIVE: Final = 300  # seconds after which the server forgets the consumer of a reader that was killed
# Empty batches in a row, while the server says that it delivered something: that got lost on the way.
SILENCE: Final = 25


@dataclass(frozen=True, slots=True)
class History:
    """What a function's stream holds behind the `reading`'s position; at most one of a name at a time.

    `linger`: seconds for which a batch waits for company; by default as the function's own do.
    """

    client: FrameClient
    function: AnyFunction
    reading: Reading = field(default_factory=Reading)
    purpose: str = "rebuild"
    linger: float | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Reader]:
        """A reader for `until`."""
        await self._make_consumer()
        function = self.function
        reader = Reader(self.client, function.stream.name, self._name, function.batch.size, self._make_consumer)
        await reader.open()
        try:
            yield reader
        finally:
            await reader.close()
            with suppress(NatsError):
                await self._drop_consumer()

    async def last(self) -> int:
        """The newest message's number."""
        return (await self._jetstream.stream_info(self.function.stream.name)).state.last_seq

    async def until(self, reader: Reader, number: int) -> AsyncIterator[Sequence[Frame]]:
        """Batches of what the stream has up to a message, or a little more; what is not the function's is left out."""
        silent, subject = 0, self.function.stream.subject.encode()
        linger = self.function.batch.seconds if self.linger is None else self.linger
        while self.reading.position < number:
            batch = await reader.batch(linger)
            fresh = [one for one in self.reading.note(batch) if one.subject == subject]
            if fresh:
                yield fresh
            silent = 0 if batch else silent + 1
            if silent and await self._is_read():
                self.reading.missing_until(number, datetime.now(UTC))
            elif silent == SILENCE:
                silent = 0
                await self._make_consumer()

    async def _is_read(self) -> bool:
        """Whether nothing is left, also not on its way."""
        info = await self._jetstream.consumer_info(self.function.stream.name, self._name)
        delivered = info.delivered  # in a stream whose head is gone, it begins behind that
        arrived = not delivered or not delivered.consumer_seq or delivered.stream_seq <= self.reading.position
        return not info.num_pending and arrived

    @property
    def _jetstream(self) -> JetStreamContext:
        return self.client.jetstream()

    @property
    def _name(self) -> str:
        return f"anlyt-{self.purpose}-{self.function.name}"

    async def _make_consumer(self) -> None:
        """Goes on behind what was read. Without a filter: a gap in the numbers is a gap in the stream."""
        await self._drop_consumer()
        config = ConsumerConfig(
            name=self._name,
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.reading.position + 1,
            inactive_threshold=INACTIVE,
            mem_storage=True,
            num_replicas=1,
        )
        await self._jetstream.add_consumer(self.function.stream.name, config)

    async def _drop_consumer(self) -> None:
        with suppress(NotFoundError):
            await self._jetstream.delete_consumer(self.function.stream.name, self._name)
