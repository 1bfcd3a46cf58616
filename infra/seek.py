"""Where a durable consumer stands in its stream, and moving it back."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import BadRequestError, NotFoundError

from infra.errors import AnlytError
from infra.suitability import START
from schema.streams import Stream

RESETS_SINCE: Final = (2, 14)  # servers from this version on can reset a consumer
TIMEOUT: Final = 10.0  # seconds: longer than a cluster takes to elect a leader
ATTEMPTS: Final = 20


class SeekFailedError(AnlytError):
    """The server refused to move a consumer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`behind`: messages not delivered or not acknowledged; all up to `floor` are acknowledged; `last` is the newest.

    The floor is to be relied on: our consumers deliver without limit.
    """

    behind: int
    floor: int
    last: int


async def standing(jetstream: JetStreamContext, stream: Stream, durable: str) -> Standing:
    last = (await jetstream.stream_info(stream.name)).state.last_seq
    info = await jetstream.consumer_info(stream.name, durable)
    floor = info.ack_floor.stream_seq if info.ack_floor else 0
    return Standing((info.num_pending or 0) + (info.num_ack_pending or 0), floor, last)


async def sequence_at(jetstream: JetStreamContext, stream: Stream, since: datetime | None) -> int:
    """The first message stored at `since` or later, by its sequence; one past the last if there is none.

    Only a consumer knows: one is made there, and goes again.
    """
    if since is None:
        return (await jetstream.stream_info(stream.name)).state.first_seq
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
    """When the first message that is still there from `sequence` on was stored; None if there is none."""
    try:
        found = await jetstream.get_msg(stream.name, seq=sequence, next=True, subject=stream.subject)
    except NotFoundError:
        return None
    return found.time


async def rewind(client: Client, stream: Stream, durable: str, sequence: int) -> None:
    """The durable delivers everything from `sequence` on again, also to workers that are reading from it.

    Never call it with a sequence past the consumer's floor: a reset goes forward, too, over what nobody has read.
    """
    version = client.connected_server_version
    if (version.major, version.minor) >= RESETS_SINCE and await _reset(client, stream, durable, sequence):
        return
    await _make_again(client.jetstream(), stream, durable, sequence)


async def _reset(client: Client, stream: Stream, durable: str, sequence: int) -> bool:
    """False if the server does not let this consumer go there: one that was made to start later in the stream."""
    subject = f"$JS.API.CONSUMER.RESET.{stream.name}.{durable}"
    reply = await client.request(subject, json.dumps({"seq": sequence}).encode(), timeout=TIMEOUT)
    return "error" not in json.loads(reply.data)


async def _make_again(jetstream: JetStreamContext, stream: Stream, durable: str, sequence: int) -> None:
    """Deletes the consumer and makes it with another start; a worker that misses it meanwhile may be quicker."""
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
    raise SeekFailedError(f"{durable} cannot be moved in {stream.name}: its workers make it again; stop them first.")
