"""NATS JetStream: connections and streams."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Final

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, BadRequestError, NotFoundError

from infra.errors import DependencyUnavailableError, MisconfiguredError, UsageError
from infra.faults import NATS, TLS, connection_fault
from infra.frames import FrameClient
from infra.refusals import missing_stream, reason
from infra.secret_files import current
from infra.telemetry import logger
from infra.urls import without_secrets
from schema.streams import Stream

CONNECT_TIMEOUT: Final = 3.0  # seconds
# Seconds between pings. After three without an answer, a client leaves a server that is silent, such as a frozen one.
PING_INTERVAL: Final = 5
UNANSWERED_PINGS: Final = 2
# Copies of a stream that we create, the first that the servers can place: in a cluster, one server may be lost.
REPLICAS: Final = (3, 1)
_TOO_FEW_SERVERS: Final = frozenset({10005, 10074})  # JetStream's codes: no peers for so many copies; no cluster


class _Callbacks:
    """nats-py's callbacks of one connection. A configuration fault ends the first attempt to connect."""

    def __init__(self, client: FrameClient, name: str) -> None:
        self._client, self._log = client, logger().bind(connection=name)
        self.is_first = True
        self.fault: MisconfiguredError | None = None

    async def error(self, error: Exception) -> None:
        self._log.debug("nats error", error=reason(error))
        if (fault := connection_fault(error, NATS)) is None:
            return
        if self.is_first:
            self.fault = fault
            raise fault  # out of client.connect()
        if self._client.record_fault(fault):
            self._log.error("NATS cannot be used", why=str(fault))

    async def disconnected(self) -> None:
        if not self._client.is_closed:  # by us, at the end
            self._log.warning("nats disconnected")

    async def reconnected(self) -> None:
        self._log.info("nats reconnected")


@asynccontextmanager
async def connect(url: str, name: str = "anlyt") -> AsyncIterator[FrameClient]:
    """A connection that reconnects without limit. `name` identifies it in the server and the log.

    Raises DependencyUnavailableError if no server answers now, and MisconfiguredError if a setting is wrong.
    """
    url, client = current(url), FrameClient()
    callbacks = _Callbacks(client, name)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):  # its own attempts never end
            await client.connect(
                url.split(","),
                name=name,
                allow_reconnect=True,
                max_reconnect_attempts=-1,
                reconnect_time_wait=1,
                connect_timeout=2,
                ping_interval=PING_INTERVAL,
                max_outstanding_pings=UNANSWERED_PINGS,
                skip_subject_validation=True,  # subjects are constants, or reply subjects from the server
                pending_size=64 << 20,
                error_cb=callbacks.error,
                disconnected_cb=callbacks.disconnected,
                reconnected_cb=callbacks.reconnected,
            )
        _check_tls(url, client)
        callbacks.is_first = False
    except MisconfiguredError:
        await _close(client)
        raise
    except (OSError, TimeoutError, NatsError) as error:
        await _close(client)
        if callbacks.fault is not None:  # the server closed the connection while nats-py did
            raise callbacks.fault from error
        raise DependencyUnavailableError(f"NATS does not answer at {without_secrets(url)}.") from error
    try:
        yield client
    finally:
        await _close(client)


async def _close(client: FrameClient) -> None:
    """Closes the client. A connection that is lost meanwhile is closed, too, and no error.

    RuntimeError: uvloop's, as nats-py writes what is left to a connection that is lost already.
    """
    with suppress(OSError, RuntimeError):
        await client.close()


def _check_tls(url: str, client: FrameClient) -> None:
    """Raises MisconfiguredError for `tls://` if the server has no TLS: nats-py would continue unencrypted."""
    if "tls://" in url and not client._server_info.get("tls_required"):
        raise MisconfiguredError(NATS, TLS.problem, "the server has none", TLS.advice)


async def ensure_streams(jetstream: JetStreamContext, streams: Iterable[Stream]) -> list[str]:
    """Creates missing streams, and returns their names. Never alters an existing stream: it belongs to its producer."""
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
        await _add_stream(jetstream, config)
    except BadRequestError as error:
        raise UsageError(
            f"Stream {stream.name} cannot be created for {stream.subject}: {error.description}."
        ) from error
    return True


async def _add_stream(jetstream: JetStreamContext, config: StreamConfig) -> None:
    for replicas in REPLICAS:
        try:
            await jetstream.add_stream(config.evolve(num_replicas=replicas))
        except APIError as error:
            if error.err_code not in _TOO_FEW_SERVERS or replicas == REPLICAS[-1]:
                raise
        else:
            return


async def created_at(jetstream: JetStreamContext, stream: Stream) -> datetime:
    """When the stream was created; a stream that is deleted and created again has a new time.

    Raises UsageError if the stream is missing.
    """
    try:
        created: datetime | None = (await jetstream.stream_info(stream.name)).created
    except NotFoundError as error:
        raise missing_stream(stream) from error
    assert created is not None, "every server reports it"
    return created
