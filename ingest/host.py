"""Runs a function on its stream: counts every message once or writes its dead letter, then acknowledges it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar, get_args

import asyncpg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from functions.function import AnyFunction
from infra.clickhouse_errors import FAILURES
from infra.consumers import ensure_consumer
from infra.errors import AnlytError
from infra.faults import fault_of
from infra.frames import Frame, FrameClient
from infra.metrics import DEADLETTERS, DESERIALIZATION_ERRORS, EVENTS_PROCESSED, PROCESSING_LAG
from infra.nats import created_at
from infra.postgres import is_unavailable
from infra.refusals import reason
from infra.telemetry import exemplar, logger, tracer
from ingest import deadletters
from ingest.decode import BatchDecoder, DecodedBatch, trace_links
from ingest.limit import LimitGuard
from ingest.reader import Reader
from ingest.sink import Results, Sink
from schema.problems import Reason

ACK: Final = b""  # the short form of +ACK
TERM: Final = b"+TERM"
BATCHES: Final = 2  # at a time
LONGEST_PAUSE: Final = 2.0  # seconds between two attempts while an engine is unavailable

T = TypeVar("T")


def _is_temporary(error: Exception) -> bool:
    """Whether a retry can help: an engine is unavailable, or refuses for now (its disk is full)."""
    temporary = (asyncpg.PostgresError, NatsError, *FAILURES)
    return isinstance(error, temporary) or is_unavailable(error)


class StoppedError(AnlytError):
    """The worker was stopped while an engine was unavailable; its messages go back to the stream."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker of a function. Several workers may share a durable consumer, in one process or many.

    It processes two batches at a time: while one waits for its store, the next is decoded.
    """

    function: AnyFunction
    client: FrameClient
    jetstream: JetStreamContext
    sink: Sink
    stop: asyncio.Event
    guard: LimitGuard

    async def run(self) -> None:
        """Works until `stop` is set, then finishes its batches and gives prefetched messages back to the stream.

        Ends as well when the dead-letter limit is exceeded; then it gives its unprocessed batches back, too.
        """
        with self._ending_when_stopped():
            await self._run()

    @contextmanager
    def _ending_when_stopped(self) -> Iterator[None]:
        try:
            yield
        except StoppedError:
            logger().info("stopped while an engine was unavailable", function=self.function.name)

    async def _run(self) -> None:
        function = self.function
        self._show_counters()

        async def restore() -> None:
            await ensure_consumer(self.jetstream, function.stream, function.durable)

        async def begin() -> None:
            await restore()
            await self.sink.begin(function, await created_at(self.jetstream, function.stream))

        await self._until_done("consumer", begin)
        batch = function.batch
        reader = Reader(self.client, function.stream.name, function.durable, batch.size, restore, batch.apart)
        await reader.open()
        turn = asyncio.Lock()
        loops = [asyncio.create_task(self._process_batches(reader, turn)) for _ in range(BATCHES)]
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.wait(loops)
            await reader.close()

    async def _process_batches(self, reader: Reader, turn: asyncio.Lock) -> None:
        """Reads batches in turns with the other loops, and processes them beside these."""
        decoder = BatchDecoder(self.function)
        with self._ending_when_stopped():
            while True:
                async with turn:
                    if self.stop.is_set() or self.guard.exceeded:
                        return
                    messages = await reader.batch(self.function.batch.seconds)
                if messages and not await self._process(decoder, messages):
                    return
                reader.done(messages)

    async def _process(self, decoder: BatchDecoder, messages: Sequence[Frame]) -> bool:
        """Commits, publishes dead letters, then acknowledges. After a crash in between, a repetition adds nothing.

        Returns False and does nothing if the dead-letter limit is exceeded.
        """
        with tracer.start_as_current_span(
            self.function.span,
            links=trace_links(messages),
            record_exception=False,  # its message may quote a value; only the log masks it
            set_status_on_exception=False,
        ) as span:
            span.set_attribute("messaging.batch.message_count", len(messages))
            decoded = decoder.decode(messages)
            if not self.guard.admits(len(messages), decoded.bad_indexes):
                return False
            results = await self._until_done(
                "commit", lambda: self.sink.commit(self.function, decoded.events, decoded.refused)
            )
            await self._until_done("dead letters", lambda: deadletters.publish(self.jetstream, decoded.dead_letters))
            await self._acknowledge(decoded.good, ACK)
            await self._acknowledge(decoded.bad, TERM)
            self._measure(decoded, results)
        return True

    async def _until_done(self, step: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Retries until the attempt succeeds. Fetches nothing meanwhile, so events wait in NATS.

        Raises MisconfiguredError when a setting is the cause, StoppedError when the worker is stopped.
        """
        pause = 0.05
        while True:
            try:
                return await attempt()
            except Exception as error:  # classified by fault_of and _is_temporary; all others end the worker
                if fault := fault_of(error):
                    raise fault from error
                if not _is_temporary(error):
                    raise
                logger().warning("trying again", function=self.function.name, step=step, error=reason(error))
            if await self._stopped_within(pause):
                raise StoppedError("The worker was stopped.")
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _stopped_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.stop.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _acknowledge(self, messages: Sequence[Frame], acknowledgement: bytes) -> None:
        """Acknowledges once, without a retry: a lost acknowledgement causes a redelivery, which adds nothing."""
        try:
            await self.client.publish_all([message.reply for message in messages], acknowledgement)
        except (NatsError, OSError) as error:
            logger().warning("acknowledgements lost", function=self.function.name, error=reason(error))

    def _show_counters(self) -> None:
        """Exposes the counters at 0: Prometheus sees no increase in a counter that first appears at 1."""
        for result in (*self.sink.results, "deadletter"):
            EVENTS_PROCESSED.labels(self.function.event.event_type, result)
        DESERIALIZATION_ERRORS.labels(self.function.event.event_type)
        for reason_ in get_args(Reason):
            DEADLETTERS.labels(self.function.stream.name, reason_)

    def _measure(self, decoded: DecodedBatch, results: Results) -> None:
        type_, bad = self.function.event.event_type, len(decoded.bad)
        for result, events in results.items():
            EVENTS_PROCESSED.labels(type_, result).inc(events)
        EVENTS_PROCESSED.labels(type_, "deadletter").inc(bad)
        DESERIALIZATION_ERRORS.labels(type_).inc(bad)
        PROCESSING_LAG.observe(time.time() - decoded.newest_stored / 1e6, exemplar())
