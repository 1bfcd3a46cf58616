"""`anlyt events publish`: sends the events of a file to JetStream."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import Final

import click
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from commands.events import BadEventsError
from commands.support.event_checks import CHUNK, CheckedEvent, FileChecker
from commands.support.event_report import EventReport, events
from functions import FUNCTIONS
from infra import nats
from infra.endpoints import nats_address
from infra.errors import AnlytError, UsageError
from infra.frames import FrameClient
from infra.refusals import missing_stream, reason
from infra.settings import Settings
from schema.events import Event
from schema.problems import Problem
from schema.streams import Stream

IN_FLIGHT: Final = 256  # messages without an acknowledgement
PATIENCE: Final = 30.0  # seconds until an acknowledgement; the message is sent again meanwhile
CLOSING: Final = 5.0  # seconds for the acknowledgements of messages in flight, after Ctrl-C
STREAMS: Final[dict[type[Event], Stream]] = {function.event: function.stream for function in FUNCTIONS}


class NotPublishedError(AnlytError):
    """Some events of a file were not sent."""


async def run(settings: Settings, file: int, kind: str | None, limit: int, *, anyway: bool) -> None:
    """Sends the events of an open file, and prints how many were stored.

    Raises BadEventsError at the end if events were refused, and NotPublishedError if it stopped before the end.
    """
    console = Console(stderr=True)
    report = EventReport(lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True), limit)
    checker = FileChecker(kind)
    async with nats.connect(nats_address(settings), "anlyt-events") as client:
        publisher = Publisher(client, report, anyway=anyway)
        try:
            with _progress(console) as progress:
                task = progress.add_task("events", total=os.fstat(file).st_size or None, said="")
                async for chunk in _chunks(file):
                    await publisher.publish(list(checker.feed(chunk)))
                    progress.update(task, advance=len(chunk), said=f"{publisher.sent:,} stored")
        except asyncio.CancelledError:
            raise NotPublishedError(f"Stopped before the end. {publisher.summary()}") from None
        except NatsError as error:
            raise NotPublishedError(f"NATS refused an event: {reason(error)}. {publisher.summary()}") from error
    report.end()
    click.echo(publisher.summary())
    if (verdict := report.verdict("" if anyway else " and were not sent")) is not None:
        raise BadEventsError(verdict)


class Publisher:
    """Publishes checked events, at most IN_FLIGHT at the same time. `sent` is the number of acknowledged ones."""

    def __init__(self, client: FrameClient, report: EventReport, *, anyway: bool) -> None:
        self._client, self._report, self._anyway = client, report, anyway
        self._jetstream = client.jetstream()
        self._known: set[Stream] = set()
        self._stored: Counter[str] = Counter()
        self._duplicates = 0

    @property
    def sent(self) -> int:
        return self._stored.total() + self._duplicates

    async def publish(self, checked: Sequence[CheckedEvent]) -> None:
        """Returns when all events that may be sent are stored. A cancelled call waits for the messages in flight."""
        wanted = [event for event in map(self._within_limits, checked) if self._accepts(event)]
        for first in range(0, len(wanted), IN_FLIGHT):
            batch = wanted[first : first + IN_FLIGHT]
            for stream in {STREAMS[event.type] for event in batch if event.type}:
                await self._check_stream(stream)
            publishing = asyncio.gather(*map(self._publish, batch), return_exceptions=True)
            try:
                results = await asyncio.shield(publishing)
            except asyncio.CancelledError:
                with suppress(TimeoutError):
                    await asyncio.wait_for(publishing, CLOSING)
                raise
            for result in results:
                if result is not None:
                    raise result

    def summary(self) -> str:
        """What was stored, per type."""
        kinds = ", ".join(f"{count:,} {name}" for name, count in sorted(self._stored.items()))
        stored = f"{events(self._stored.total())} stored{f': {kinds}' if kinds else ''}."
        if not self._duplicates:
            return stored
        return f"{stored} {events(self._duplicates)} already stored (same Nats-Msg-Id)."

    def _within_limits(self, event: CheckedEvent) -> CheckedEvent:
        """The event, with a problem if the server takes no message of its size."""
        if len(event.text) <= self._client.max_payload:
            return event
        sentence = f"The event is longer than the {self._client.max_payload:,} bytes that NATS takes."
        return CheckedEvent(event.line, b"", None, None, (*event.problems, Problem("$", "not_json", sentence)))

    def _accepts(self, event: CheckedEvent) -> bool:
        """Reports an event. Returns whether it is to be sent."""
        self._report.add(event)
        return event.type is not None and (self._anyway or not event.problems)

    async def _publish(self, event: CheckedEvent) -> None:
        assert event.type is not None
        headers = {"Nats-Msg-Id": event.id} if event.id is not None else {}
        end = time.monotonic() + PATIENCE
        while True:
            try:
                ack = await self._jetstream.publish(STREAMS[event.type].subject, event.text, headers=headers)
                break
            except NatsTimeoutError:
                if time.monotonic() > end:
                    raise
        if ack.duplicate:
            self._duplicates += 1
        else:
            self._stored[event.type.event_type] += 1

    async def _check_stream(self, stream: Stream) -> None:
        """Raises UsageError if the stream does not exist."""
        if stream in self._known:
            return
        if await nats.missing_streams(self._jetstream, [stream]):
            raise UsageError(f"{missing_stream(stream)} {self.summary()}")
        self._known.add(stream)


def _progress(console: Console) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(40), TextColumn("{task.fields[said]}"), TimeElapsedColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


async def _chunks(file: int) -> AsyncIterator[bytes]:
    """The bytes of an open file, in chunks of any size; an empty one at its end.

    A thread that cannot be joined reads them: a terminal or pipe may be silent when Ctrl-C comes.
    """
    loop = asyncio.get_running_loop()
    while True:
        arrived: asyncio.Future[bytes] = loop.create_future()

        Thread(target=_read, args=(file, loop, arrived), daemon=True).start()
        chunk = await arrived
        yield chunk
        if not chunk:
            return


def _read(file: int, loop: asyncio.AbstractEventLoop, arrived: "asyncio.Future[bytes]") -> None:
    """Reads a chunk. Passes it, or the error, to the loop."""
    try:
        chunk, error = os.read(file, CHUNK), None
    except OSError as failure:
        chunk, error = b"", failure

    def deliver() -> None:
        if arrived.done():  # cancelled
            return
        if error is None:
            arrived.set_result(chunk)
        else:
            arrived.set_exception(error)

    with suppress(RuntimeError):  # the loop was closed meanwhile
        loop.call_soon_threadsafe(deliver)
