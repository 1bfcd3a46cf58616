"""Runs a function on its stream: every message is counted once, or told of in a dead letter, then acknowledged."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar, get_args

import asyncpg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from functions.function import AnyFunction
from infra import clickhouse
from infra.consumers import ensure_consumer
from infra.errors import AnlytError
from infra.faults import fault_of
from infra.frames import Frame, FrameClient
from infra.metrics import DEADLETTERS, DESERIALIZATION_ERRORS, EVENTS_PROCESSED, PROCESSING_LAG
from infra.nats import made_at
from infra.postgres import is_unavailable
from infra.refusals import reason
from infra.telemetry import logger, tracer
from ingest import deadletters
from ingest.decode import BatchDecoder, Decoded, trace_links
from ingest.limit import Window
from ingest.reader import Reader
from ingest.sink import Results, Sink
from schema.decoding import Reason

ACK: Final = b""  # the short form of +ACK
TERM: Final = b"+TERM"
LONGEST_PAUSE: Final = 2.0  # seconds between two attempts while an engine is away

T = TypeVar("T")


def _may_pass(error: Exception) -> bool:
    """Whether trying again can help: an engine is away, or refuses for now, as when its disk is full."""
    passing = (asyncpg.PostgresError, NatsError, *clickhouse.FAILURES)
    return isinstance(error, passing) or is_unavailable(error)


class StoppedError(AnlytError):
    """The worker was told to stop while an engine was away; its messages go back to the stream."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One function's worker. Several may share its durable, in one process or many."""

    function: AnyFunction
    client: FrameClient
    jetstream: JetStreamContext
    sink: Sink
    stop: asyncio.Event
    window: Window

    async def run(self) -> None:
        """Until `stop` is set: then the batch in hand is finished, and what was fetched ahead is given back.

        Past the dead-letter limit, the batch in hand is given back, too, as it was.
        """
        try:
            await self._run()
        except StoppedError:
            logger().info("stopped while an engine was away", function=self.function.name)

    async def _run(self) -> None:
        function = self.function
        self._show_counters()

        async def restore() -> None:
            await ensure_consumer(self.jetstream, function.stream, function.durable)

        async def begin() -> None:
            await restore()
            await self.sink.begin(function, await made_at(self.jetstream, function.stream))

        await self._until_done("consumer", begin)
        reader = Reader(self.client, function.stream.name, function.durable, function.batch.size, restore)
        await reader.open()
        decoder = BatchDecoder(function)
        in_hand: Sequence[Frame] = ()
        try:
            while not self.stop.is_set() and not self.window.passed:
                in_hand = await reader.batch(function.batch.seconds)
                if in_hand and not await self._process(decoder, in_hand):
                    break
                in_hand = ()
        finally:
            await reader.close(in_hand)

    async def _process(self, decoder: BatchDecoder, messages: Sequence[Frame]) -> bool:
        """Commit, then dead letters, then acknowledgements: a crash between any two of them repeats, and adds nothing.

        False, and nothing is done, past the dead-letter limit.
        """
        with tracer.start_as_current_span(
            self.function.span,
            links=trace_links(messages),
            record_exception=False,  # its words may quote a value; the log masks them
            set_status_on_exception=False,
        ) as span:
            span.set_attribute("messaging.batch.message_count", len(messages))
            decoded = decoder.decode(messages)
            if not self.window.lets_on(len(messages), decoded.places):
                return False
            results = await self._until_done("commit", lambda: self.sink.commit(self.function, decoded.events))
            await self._until_done("dead letters", lambda: deadletters.publish(self.jetstream, decoded.dead_letters))
            await self._answer(decoded.good, ACK)
            await self._answer(decoded.bad, TERM)
            self._measure(decoded, results)
        return True

    async def _until_done(self, step: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Tries again until the engines let it through; nothing is fetched meanwhile, so events wait in NATS.

        MisconfiguredError when a setting is to blame.
        """
        pause = 0.05
        while True:
            try:
                return await attempt()
            except Exception as error:  # told apart by fault_of and _may_pass; all others end the worker
                if fault := fault_of(error):
                    raise fault from error
                if not _may_pass(error):
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

    async def _answer(self, messages: Sequence[Frame], answer: bytes) -> None:
        """An answer that does not get through costs a redelivery, which adds nothing."""
        try:
            await self.client.publish_all([message.reply for message in messages], answer)
        except (NatsError, OSError) as error:
            logger().warning("acknowledgements lost", function=self.function.name, error=reason(error))

    def _show_counters(self) -> None:
        """At 0, before anything is bad: of a counter that first appears at 1, Prometheus sees no increase."""
        EVENTS_PROCESSED.labels(self.function.event.event_type, "deadletter")
        DESERIALIZATION_ERRORS.labels(self.function.event.event_type)
        for reason_ in get_args(Reason):
            DEADLETTERS.labels(self.function.stream.name, reason_)

    def _measure(self, decoded: Decoded, results: Results) -> None:
        type_, bad = self.function.event.event_type, len(decoded.bad)
        for result, events in results.items():
            EVENTS_PROCESSED.labels(type_, result).inc(events)
        EVENTS_PROCESSED.labels(type_, "deadletter").inc(bad)
        DESERIALIZATION_ERRORS.labels(type_).inc(bad)
        PROCESSING_LAG.observe(time.time() - decoded.newest_stored / 1e6)
