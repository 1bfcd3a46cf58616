"""Our durable consumers. A missing one is created; a wrong one is corrected if that loses nothing, else refused."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, ConsumerInfo, DeliverPolicy
from nats.js.errors import APIError, BadRequestError, NotFoundError

from infra.errors import AnlytError
from infra.refusals import missing_stream, reason
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
from schema.streams import Consumer, Stream

TIMEOUT: Final = 5.0  # seconds


class UnsuitableError(AnlytError):
    """A stream or consumer exists, but its owner has to change it."""


async def ensure_consumer(jetstream: JetStreamContext, stream: Stream, durable: str) -> ConsumerInfo:
    """Our durable pull consumer of a whole stream, created if it is missing.

    Corrects an existing one where the server allows it. Messages that it may have skipped are delivered again;
    deduplication recognises those that were counted. Raises UsageError if the stream is missing, and UnsuitableError
    if the consumer cannot be corrected.
    """
    try:
        info = await _request(jetstream, f"CONSUMER.INFO.{stream.name}.{durable}")
    except NotFoundError:
        return await _add_consumer(jetstream, stream, durable)
    await _correct(jetstream, stream, durable, info)
    corrected_info: ConsumerInfo = await jetstream.consumer_info(stream.name, durable)
    return corrected_info


async def ensure_consumers(jetstream: JetStreamContext, consumers: Iterable[Consumer]) -> Sequence[str]:
    """Creates missing durable consumers, and returns their names. Leaves existing ones, and those without a stream.

    A worker creates its consumer, too. But a scaler that waits for lag starts no worker before there is a consumer.
    """
    return [each.durable for each in consumers if await _ensure_consumer(jetstream, each)]


async def _ensure_consumer(jetstream: JetStreamContext, consumer: Consumer) -> bool:
    stream, durable = consumer
    try:
        await jetstream.consumer_info(stream.name, durable)
    except NotFoundError:
        await _add_consumer(jetstream, stream, durable)
        return True
    return False


async def check_streams(jetstream: JetStreamContext, streams: Iterable[Stream]) -> Sequence[str]:
    """One sentence per limit that may lose events or dead letters. Skips missing streams.

    Raises UnsuitableError for a stream that we cannot use.
    """
    warnings = []
    for stream in streams:
        try:
            info = await _request(jetstream, f"STREAM.INFO.{stream.name}")
        except NotFoundError:
            continue
        config = info["config"]
        if findings := stream_findings(config, stream):
            raise UnsuitableError(f"Stream {stream.name} has {_joined(findings)}; its owner has to change it.")
        found = stream_warnings(config, stream, clustered="name" in info.get("cluster", {}))
        warnings += [f"Stream {stream.name} has {finding}." for finding in found]
    return warnings


async def _correct(jetstream: JetStreamContext, stream: Stream, durable: str, info: Mapping[str, Any]) -> None:
    first = (await jetstream.stream_info(stream.name)).state.first_seq
    config = info["config"]
    problems = consumer_findings(config, stream, first)
    if unchangeable := [finding for finding, rule in problems if rule.change is None]:
        raise _unsuitable(stream, durable, _joined(unchangeable))
    if info.get("paused"):
        await _resume(jetstream, stream, durable, str(config.get("pause_until")))
    metadata = dict(config.get("metadata") or {})
    skipped = any(rule.skips for _, rule in problems) and info["delivered"]["stream_seq"] > 0
    if problems:
        # REWIND stays until the rewind is done: if this process is killed before, the next one rewinds.
        pending = {**metadata, REWIND: "due"} if skipped else metadata
        config = {**corrected(config, [rule for _, rule in problems]), "metadata": pending}
        await _update(jetstream, stream, durable, config, [finding for finding, _ in problems])
    if skipped or REWIND in metadata:
        await rewind(_client(jetstream), stream, durable, first or 1)
        config = (await _request(jetstream, f"CONSUMER.INFO.{stream.name}.{durable}"))["config"]
        config["metadata"] = {name: value for name, value in config["metadata"].items() if name != REWIND}
        await _update(jetstream, stream, durable, config, [])


async def _update(
    jetstream: JetStreamContext, stream: Stream, durable: str, config: Mapping[str, Any], findings: Sequence[Finding]
) -> None:
    request = {"stream_name": stream.name, "config": config, "action": "update"}
    try:
        await _request(jetstream, f"CONSUMER.DURABLE.CREATE.{stream.name}.{durable}", request)
    except APIError as error:
        if error.code == 503:
            raise
        raise _unsuitable(stream, durable, f"{_joined(findings)} ({reason(error)})") from error
    for finding in findings:
        logger().warning(
            "consumer corrected", consumer=durable, field=finding.field, found=finding.found, wanted=finding.wanted
        )


async def _resume(jetstream: JetStreamContext, stream: Stream, durable: str, until: str) -> None:
    await _request(jetstream, f"CONSUMER.PAUSE.{stream.name}.{durable}", {})
    logger().warning("consumer corrected", consumer=durable, field="pause_until", found=until, wanted="none")


def _unsuitable(stream: Stream, durable: str, what: str) -> UnsuitableError:
    return UnsuitableError(
        f"Consumer {durable} of {stream.name} has {what}; delete it: it is created again, and no event is counted "
        "twice."
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
        created: ConsumerInfo = await jetstream.add_consumer(stream.name, config)
    except NotFoundError as error:
        raise missing_stream(stream) from error
    except BadRequestError as error:
        raise UnsuitableError(f"Consumer {durable} cannot be created on {stream.name}: {reason(error)}.") from error
    return created


async def _request(jetstream: JetStreamContext, subject: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """JetStream's JSON reply, with the fields that nats-py's classes drop. Raises APIError if JetStream refuses."""
    payload = b"" if body is None else json.dumps(body).encode()
    reply = await _client(jetstream).request(f"$JS.API.{subject}", payload, timeout=TIMEOUT)
    answer: dict[str, Any] = json.loads(reply.data)
    if "error" in answer:
        APIError.from_error(answer["error"])
    return answer


def _client(jetstream: JetStreamContext) -> Client:
    client: Client = jetstream._nc  # nats-py has no public attribute for a context's connection
    return client
