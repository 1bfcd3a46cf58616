"""Reads all messages that a stream still has, in order, without touching the durable consumers of its workers."""

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
from ingest.rebuild.complete_hours import ReadPosition

INACTIVE: Final = 300  # seconds after which the server forgets the consumer of a reader that was killed
# Empty batches in a row after which messages that the server delivered count as lost, and are requested again.
SILENCE: Final = 25


@dataclass(frozen=True, slots=True)
class History:
    """The messages of a function's stream behind position `read`. At most one per purpose and function at a time.

    `linger`: seconds for which a batch waits for more messages; None: as long as the function's own batches.
    """

    client: FrameClient
    function: AnyFunction
    read: ReadPosition = field(default_factory=ReadPosition)
    purpose: str = "rebuild"
    linger: float | None = None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Reader]:
        """A reader for `batches_until`, with a consumer of its own that ends with the body."""
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

    async def last_sequence(self) -> int:
        """The sequence of the stream's newest message."""
        return (await self._jetstream.stream_info(self.function.stream.name)).state.last_seq

    async def batches_until(self, reader: Reader, number: int) -> AsyncIterator[Sequence[Frame]]:
        """Yields the function's messages in batches, up to sequence `number` or slightly beyond it."""
        silent, subject = 0, self.function.stream.subject.encode()
        linger = self.function.batch.seconds if self.linger is None else self.linger
        while self.read.position < number:
            batch = await reader.batch(linger)
            fresh = [one for one in self.read.note(batch) if one.subject == subject]
            if fresh:
                yield fresh
            reader.done(batch)
            silent = 0 if batch else silent + 1
            if silent and await self._is_read():
                self.read.missing_until(number, datetime.now(UTC))
            elif silent == SILENCE:
                silent = 0
                await self._make_consumer()

    async def _is_read(self) -> bool:
        """Whether no message is left in the stream or on its way."""
        info = await self._jetstream.consumer_info(self.function.stream.name, self._name)
        delivered = info.delivered  # starts behind the messages that a stream has lost at its head
        arrived = not delivered or not delivered.consumer_seq or delivered.stream_seq <= self.read.position
        return not info.num_pending and arrived

    @property
    def _jetstream(self) -> JetStreamContext:
        return self.client.jetstream()

    @property
    def _name(self) -> str:
        return f"anlyt-{self.purpose}-{self.function.name}"

    async def _make_consumer(self) -> None:
        """Makes a consumer that starts behind the read position.

        It has no subject filter: so a gap in the sequences is a gap in the stream.
        """
        await self._drop_consumer()
        config = ConsumerConfig(
            name=self._name,
            ack_policy=AckPolicy.NONE,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self.read.position + 1,
            inactive_threshold=INACTIVE,
            mem_storage=True,
            num_replicas=1,
        )
        await self._jetstream.add_consumer(self.function.stream.name, config)

    async def _drop_consumer(self) -> None:
        with suppress(NotFoundError):
            await self._jetstream.delete_consumer(self.function.stream.name, self._name)
