"""NATS JetStream: the connection, the platform's streams, our durable consumers."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    ConsumerInfo,
    DeliverPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BadRequestError, NotFoundError

from infra.errors import DependencyUnavailableError, UsageError
from infra.frames import FrameClient
from infra.refusals import reason
from infra.telemetry import logger
from infra.urls import without_secrets
from schema.streams import Stream

CONNECT_TIMEOUT: Final = 3.0  # seconds
# Longer than any batch takes, shorter than anyone wants to wait for what a dead worker had.
ACK_WAIT_SECONDS: Final = 60
# Several workers, each with two requests of the largest batch under way.
MAX_ACK_PENDING: Final = 60_000


@asynccontextmanager
async def connect(url: str, name: str = "anlyt") -> AsyncIterator[FrameClient]:
    """A connection that reconnects for ever; DependencyUnavailableError if there is no server now.

    `name` is what the server and the log call it.
    """
    log = logger().bind(connection=name)

    async def on_error(error: Exception) -> None:
        log.debug("nats error", error=reason(error))

    async def on_disconnect() -> None:
        if not client.is_closed:  # by us, at the end
            log.warning("nats disconnected")

    async def on_reconnect() -> None:
        log.info("nats reconnected")

    client = FrameClient()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):  # its own attempts never end
            await client.connect(
                url.split(","),
                name=name,
                allow_reconnect=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                connect_timeout=2,
                skip_subject_validation=True,  # ours are constants and reply subjects that the server made
                pending_size=64 << 20,
                error_cb=on_error,
                disconnected_cb=on_disconnect,
                reconnected_cb=on_reconnect,
            )
    except (OSError, TimeoutError, NatsError) as error:
        await client.close()
        raise DependencyUnavailableError(f"NATS does not answer at {without_secrets(url)}.") from error
    try:
        yield client
    finally:
        await client.close()


async def ensure_streams(jetstream: JetStreamContext, streams: Iterable[Stream]) -> list[str]:
    """Creates the streams that are missing and says which; a stream that exists is its producer's, never altered."""
    return [stream.name for stream in streams if await _ensure_stream(jetstream, stream)]


async def missing_streams(jetstream: JetStreamContext, streams: Iterable[Stream]) -> list[str]:
    """The names of the streams that do not exist."""
    return [stream.name for stream in streams if not await _exists(jetstream, stream)]


async def _exists(jetstream: JetStreamContext, stream: Stream) -> bool:
    try:
        await jetstream.stream_info(stream.name)
    except NotFoundError:
        return False
    return True


async def _ensure_stream(jetstream: JetStreamContext, stream: Stream) -> bool:
    if await _exists(jetstream, stream):
        return False
    config = StreamConfig(
        name=stream.name,
        subjects=[stream.subject],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        max_age=stream.retention.total_seconds(),
        duplicate_window=stream.duplicate_window.total_seconds(),
    )
    try:
        await jetstream.add_stream(config)
    except BadRequestError as error:
        raise UsageError(f"Stream {stream.name} cannot be made for {stream.subject}: {error.description}.") from error
    return True


async def made_at(jetstream: JetStreamContext, stream: Stream) -> datetime:
    """When the stream was made: one that is deleted and made again has another time; UsageError if it is missing."""
    try:
        made: datetime | None = (await jetstream.stream_info(stream.name)).created
    except NotFoundError as error:
        raise _missing(stream) from error
    assert made is not None, "every server says when"
    return made


async def ensure_consumer(jetstream: JetStreamContext, stream: Stream, durable: str) -> ConsumerInfo:
    """Our durable pull consumer on a stream, made if it is missing.

    UsageError if the stream is missing, or a consumer of that name is not an explicitly acknowledged pull consumer.
    """
    try:
        info: ConsumerInfo = await jetstream.consumer_info(stream.name, durable)
    except NotFoundError:
        info = await _add_consumer(jetstream, stream, durable)
    if info.config.ack_policy != AckPolicy.EXPLICIT or info.config.deliver_subject:
        raise UsageError(f"Consumer {durable} of {stream.name} is not a pull consumer with explicit acks; delete it.")
    return info


async def _add_consumer(jetstream: JetStreamContext, stream: Stream, durable: str) -> ConsumerInfo:
    config = ConsumerConfig(
        durable_name=durable,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_SECONDS,
        max_deliver=-1,
        max_ack_pending=MAX_ACK_PENDING,
        filter_subject=stream.subject,
    )
    try:
        made: ConsumerInfo = await jetstream.add_consumer(stream.name, config)
    except NotFoundError as error:
        raise _missing(stream) from error
    return made


def _missing(stream: Stream) -> UsageError:
    return UsageError(f"Stream {stream.name} does not exist; run `anlyt migrate` first.")
