"""The position of a durable consumer in its stream, and moving it back."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.errors import BadRequestError, NotFoundError

from infra.errors import AnlytError
from infra.suitability import START
from schema.streams import Stream

RESETS_SINCE: Final = (2, 14)  # servers from this version on can reset a consumer
TIMEOUT: Final = 10.0  # seconds: longer than a cluster takes to elect a leader
ATTEMPTS: Final = 20


class SeekFailedError(AnlytError):
    """A consumer could not be moved back."""


@dataclass(frozen=True, slots=True)
class ConsumerPosition:
    """`behind`: the number of messages not delivered or not acknowledged. `floor` and `last` are sequences.

    All messages up to `floor` are acknowledged: our consumers deliver without limit. `last`: the newest message.
    """

    behind: int
    floor: int
    last: int


def ack_floor(info: ConsumerInfo) -> int:
    """The sequence up to which a consumer's messages are all acknowledged; 0 if the first one is not."""
    return int(info.ack_floor.stream_seq) if info.ack_floor else 0


def unprocessed(info: ConsumerInfo) -> int:
    """The number of a consumer's messages that are not delivered or not acknowledged."""
    return (info.num_pending or 0) + (info.num_ack_pending or 0)


async def consumer_position(jetstream: JetStreamContext, stream: Stream, durable: str) -> ConsumerPosition:
    """The position of the durable consumer. Raises NotFoundError if the stream or consumer is missing."""
    last = (await jetstream.stream_info(stream.name)).state.last_seq
    info = await jetstream.consumer_info(stream.name, durable)
    return ConsumerPosition(unprocessed(info), ack_floor(info), last)


async def sequence_at(jetstream: JetStreamContext, stream: Stream, since: datetime | None) -> int:
    """The sequence of the first message stored at `since` or later; one past the last message if there is none.

    Without `since`, the stream's first sequence. Only a consumer can find it, so this creates one and deletes it.
    """
    if since is None:
        return (await jetstream.stream_info(stream.name)).state.first_seq or 1  # 0 in a stream without messages
    config = ConsumerConfig(
        ack_policy=AckPolicy.NONE,
        deliver_policy=DeliverPolicy.BY_START_TIME,
        opt_start_time=since,
        inactive_threshold=30,
        mem_storage=True,
    )
    info = await jetstream.add_consumer(stream.name, config)
    await jetstream.delete_consumer(stream.name, info.name)
    return int(info.delivered.stream_seq) + 1 if info.delivered else 1


async def stored_at(jetstream: JetStreamContext, stream: Stream, sequence: int) -> datetime | None:
    """When the first remaining message from `sequence` on was stored; None if there is none."""
    try:
        message = await jetstream.get_msg(stream.name, seq=sequence, next=True, subject=stream.subject)
    except NotFoundError:
        return None
    return message.time


async def rewind(client: Client, stream: Stream, durable: str, sequence: int) -> None:
    """Makes the durable consumer deliver all messages from `sequence` on again, also to running workers.

    `sequence` must not be past the consumer's floor: a reset also moves forward, over unread messages. Raises
    SeekFailedError if running workers keep creating the consumer again.
    """
    version = client.connected_server_version
    if (version.major, version.minor) >= RESETS_SINCE and await _reset(client, stream, durable, sequence):
        return
    await _recreate(client.jetstream(), stream, durable, sequence)


async def _reset(client: Client, stream: Stream, durable: str, sequence: int) -> bool:
    """Whether the server reset the consumer. It refuses if the consumer was created to start later in the stream."""
    subject = f"$JS.API.CONSUMER.RESET.{stream.name}.{durable}"
    reply = await client.request(subject, json.dumps({"seq": sequence}).encode(), timeout=TIMEOUT)
    return "error" not in json.loads(reply.data)


async def _recreate(jetstream: JetStreamContext, stream: Stream, durable: str, sequence: int) -> None:
    """Deletes the consumer and creates it with another start. Retries if a worker creates it in between."""
    config = (await jetstream.consumer_info(stream.name, durable)).config
    start = {
        "deliver_policy": DeliverPolicy.BY_START_SEQUENCE,
        "opt_start_seq": sequence,
        "opt_start_time": None,
        "metadata": {**(config.metadata or {}), START: "rewound"},
    }
    for _ in range(ATTEMPTS):
        with suppress(NotFoundError):
            await jetstream.delete_consumer(stream.name, durable)
        with suppress(BadRequestError):
            await jetstream.add_consumer(stream.name, config.evolve(**start))
            return
    raise SeekFailedError(f"{durable} cannot be moved in {stream.name}: its workers create it again; stop them first.")
