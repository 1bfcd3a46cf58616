"""Our durable consumers: made if they are missing, put right where that loses nothing, and else refused."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.errors import APIError, BadRequestError, NotFoundError

from infra.errors import AnlytError, UsageError
from infra.refusals import reason
from infra.seek import rewind
from infra.suitability import (
    ACK_WAIT_SECONDS,
    MAX_ACK_PENDING,
    REWIND,
    Finding,
    consumer_findings,
    corrected,
    stream_findings,
    stream_warnings,
)
from infra.telemetry import logger
from schema.streams import Stream

TIMEOUT: Final = 5.0  # seconds


class UnsuitableError(AnlytError):
    """A stream or consumer that exists, and that its owner has to change."""


async def ensure_consumer(jetstream: JetStreamContext, stream: Stream, durable: str) -> ConsumerInfo:
    """Our durable pull consumer of all that a stream has, as `_add_consumer` makes it.

    One that exists is put right where the server allows it; what it may have passed over meanwhile is delivered again,
    and what was counted of that is recognised. UsageError if the stream is missing, else UnsuitableError.
    """
    try:
        info = await _ask(jetstream, f"CONSUMER.INFO.{stream.name}.{durable}")
    except NotFoundError:
        return await _add_consumer(jetstream, stream, durable)
    await _put_right(jetstream, stream, durable, info)
    found: ConsumerInfo = await jetstream.consumer_info(stream.name, durable)
    return found


async def check_streams(jetstream: JetStreamContext, streams: Iterable[Stream]) -> Sequence[str]:
    """One sentence per limit that may lose events or dead letters; UnsuitableError for a stream we cannot use.

    A stream that is missing is no finding.
    """
    warnings = []
    for stream in streams:
        try:
            config = (await _ask(jetstream, f"STREAM.INFO.{stream.name}"))["config"]
        except NotFoundError:
            continue
        if findings := stream_findings(config, stream):
            raise UnsuitableError(f"Stream {stream.name} has {_joined(findings)}; a stream is its owner's to change.")
        warnings += [f"Stream {stream.name} has {finding}." for finding in stream_warnings(config, stream)]
    return warnings


async def _put_right(jetstream: JetStreamContext, stream: Stream, durable: str, info: Mapping[str, Any]) -> None:
    first = (await jetstream.stream_info(stream.name)).state.first_seq
    config = info["config"]
    problems = consumer_findings(config, stream, first)
    if fixed := [finding for finding, rule in problems if rule.change is None]:
        raise _unsuitable(stream, durable, _joined(fixed))
    if info.get("paused"):
        await _resume(jetstream, stream, durable, str(config.get("pause_until")))
    metadata = dict(config.get("metadata") or {})
    skipped = any(rule.skips for _, rule in problems) and info["delivered"]["stream_seq"] > 0
    if problems:
        # The mark is there until it is done: a process that is killed in between leaves the rest to the next one.
        marked = {**metadata, REWIND: "due"} if skipped else metadata
        config = {**corrected(config, [rule for _, rule in problems]), "metadata": marked}
        await _update(jetstream, stream, durable, config, [finding for finding, _ in problems])
    if skipped or REWIND in metadata:
        await rewind(_client(jetstream), stream, durable, first or 1)
        config = (await _ask(jetstream, f"CONSUMER.INFO.{stream.name}.{durable}"))["config"]
        config["metadata"] = {name: value for name, value in config["metadata"].items() if name != REWIND}
        await _update(jetstream, stream, durable, config, [])


async def _update(
    jetstream: JetStreamContext, stream: Stream, durable: str, config: Mapping[str, Any], findings: Sequence[Finding]
) -> None:
    request = {"stream_name": stream.name, "config": config, "action": "update"}
    try:
        await _ask(jetstream, f"CONSUMER.DURABLE.CREATE.{stream.name}.{durable}", request)
    except APIError as error:
        if error.code == 503:
            raise
        raise _unsuitable(stream, durable, f"{_joined(findings)} ({reason(error)})") from error
    for finding in findings:
        logger().warning(
            "consumer corrected", consumer=durable, field=finding.field, found=finding.found, wanted=finding.wanted
        )


async def _resume(jetstream: JetStreamContext, stream: Stream, durable: str, until: str) -> None:
    await _ask(jetstream, f"CONSUMER.PAUSE.{stream.name}.{durable}", {})
    logger().warning("consumer corrected", consumer=durable, field="pause_until", found=until, wanted="none")


def _unsuitable(stream: Stream, durable: str, what: str) -> UnsuitableError:
    return UnsuitableError(
        f"Consumer {durable} of {stream.name} has {what}; delete it: it is made again, and what was counted is "
        "recognised."
    )


def _joined(findings: Sequence[Finding]) -> str:
    return " and ".join(map(str, findings))


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
        raise UsageError(f"Stream {stream.name} does not exist; run `anlyt migrate` first.") from error
    except BadRequestError as error:
        raise UnsuitableError(f"Consumer {durable} cannot be made on {stream.name}: {reason(error)}.") from error
    return made


async def _ask(jetstream: JetStreamContext, subject: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """JetStream's own JSON: nats-py's classes drop the fields that they do not know. APIError if it refuses."""
    payload = b"" if body is None else json.dumps(body).encode()
    reply = await _client(jetstream).request(f"$JS.API.{subject}", payload, timeout=TIMEOUT)
    answer: dict[str, Any] = json.loads(reply.data)
    if "error" in answer:
        APIError.from_error(answer["error"])
    return answer


def _client(jetstream: JetStreamContext) -> Client:
    client: Client = jetstream._nc  # nats-py has no other way from a context to its connection
    return client
