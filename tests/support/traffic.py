"""Traffic of all four kinds of events that goes on during a scenario, and what the streams stored of it."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from typing import Final

from nats.errors import Error as NatsError

from functions import FUNCTIONS
from schema.streams import BILLING_EVENTS, CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR, Stream
from tests.support import events, fact_events
from tests.support.events import Make
from tests.support.fact_reference import expect as expect_facts
from tests.support.platform import Platform
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Bad, Message, parse_billing, parse_evaluation, parse_record, parse_report
from tests.support.warehouse import fact_differences

MAKERS: Final[Mapping[Stream, Make]] = {
    BILLING_EVENTS: events.billing,
    SMS_DLR: fact_events.report,
    CDR_EVENTS: fact_events.record,
    COMPLIANCE_AUDIT: fact_events.evaluation,
}
READERS: Final = {
    BILLING_EVENTS: parse_billing,
    SMS_DLR: parse_report,
    CDR_EVENTS: parse_record,
    COMPLIANCE_AUDIT: parse_evaluation,
}
# Per stream: new events in a burst, and seconds between bursts.
BURST, EVERY = 20, 0.4
AGAIN: Final = 3  # earlier messages that a burst repeats
PUBLISH_TIMEOUT: Final = 1  # seconds; an outbox tries again

Sent = Mapping[Stream, list[Message]]


@asynccontextmanager
async def producing(
    platform: Platform, random: Random, now: datetime, streams: Iterable[Stream] = tuple(MAKERS)
) -> AsyncIterator[Sent]:
    """Publishes to the streams while the body runs, at least once; yields what was sent. In the end, all is stored.

    Each message is published until its stream stored it, as by an outbox. Half of them have a `Nats-Msg-Id`.
    """
    sent: dict[Stream, list[Message]] = {stream: [] for stream in streams}
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for stream in sent:
            tasks.create_task(_produce(platform, Random(random.random()), stream, now, sent[stream], stop))
        try:
            yield sent
        finally:
            stop.set()


async def _produce(
    platform: Platform, random: Random, stream: Stream, now: datetime, sent: list[Message], stop: asyncio.Event
) -> None:
    while True:
        burst = [
            *events.messages(random, MAKERS[stream], now, BURST),
            Message(b'{"eventId": "%d"' % random.getrandbits(60)),  # no JSON: a dead letter
            *random.sample(sent, min(AGAIN, len(sent))),
        ]
        sent += burst
        await asyncio.gather(*[publish(platform, stream, message) for message in burst])
        if stop.is_set():
            return
        await asyncio.sleep(EVERY)


async def publish(platform: Platform, stream: Stream, message: Message) -> None:
    """Publishes a message until its stream has stored it, as an outbox does."""
    digest = hashlib.sha256(message.data).hexdigest()
    own = {"Nats-Msg-Id": digest} if digest < "8" else {}
    headers = {**(message.headers or {}), **own} or None
    while True:
        try:
            await platform.jetstream.publish(stream.subject, message.data, timeout=PUBLISH_TIMEOUT, headers=headers)
        except NatsError:
            await asyncio.sleep(0.1)
        else:
            return


async def traffic_differences(platform: Platform, warehouse: str, sent: Sent, now: datetime) -> Sequence[str]:
    """How streams, dead letters and both stores differ from what was sent; empty if nothing is lost or there twice.

    `warehouse` is the DSN of ClickHouse.
    """
    stored = {stream: list((await platform.stored_messages(stream)).items()) for stream in sent}
    in_order = {stream: [message for _, message in each] for stream, each in stored.items()}
    lost = [
        f"{stream.name} lost {data!r}"
        for stream, messages in sent.items()
        for data in {each.data for each in messages} - {each.data for each in in_order[stream]}
    ]
    reports = in_order[SMS_DLR]
    metrics = expect(in_order[BILLING_EVENTS], reports, now)
    facts = expect_facts(reports, in_order[CDR_EVENTS], in_order[COMPLIANCE_AUDIT], arrived=now)
    wanted = Counter(letter for stream in stored for letter in _bad(stream, stored[stream], now))
    found = Counter((each.function, each.sequence) for each in await platform.dead_letters())
    return [
        *lost,
        *await differences(platform.dsn, metrics),
        *await fact_differences(warehouse, facts),
        *[f"dead letter of {name} for message {sequence}" for name, sequence in (wanted - found) + (found - wanted)],
    ]


def _bad(stream: Stream, messages: Sequence[tuple[int, Message]], now: datetime) -> Iterator[tuple[str, int]]:
    """The function and sequence of each dead letter that these messages have to give."""
    for sequence, message in messages:
        try:
            READERS[stream](message, now)
        except Bad:
            yield from ((function.name, sequence) for function in FUNCTIONS if function.stream == stream)
