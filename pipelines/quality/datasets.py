"""The datasets of signals: samples of facts, and the stream that the signals are published to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import Header
from nats.js.errors import APIError, NotFoundError
from opentelemetry.propagate import inject

from infra import nats
from infra.clickhouse import traced
from infra.errors import AnlytError, DependencyUnavailableError, RefusedError
from infra.refusals import is_missing_stream, missing_stream
from infra.sql import statement
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current
from pipelines.quality.nodes import Sample, SamplesOfWindow, SignalBatch, StreamPosition
from pipelines.stores import Stores
from schema.quality import WINDOW, OperatorQuality
from schema.streams import OPERATOR_QUALITY

SAMPLES: Final = statement(Path(__file__).parent / "sql", "samples")
ACTIVE: Final = timedelta(hours=24)  # a pair without a report for this long gets no more signals
ANSWER_TIMEOUT: Final = 10.0  # seconds: longer than a cluster takes to elect a leader
# https://github.com/nats-io/nats-server/blob/main/server/errors.json
WRONG_LAST_SEQUENCE: Final = 10071

_decode: Final = msgspec.json.Decoder(OperatorQuality).decode


class ConcurrentPublisherError(AnlytError):
    """Another process published signals during this run."""


class QualityPosition(StoreDataset[None, StreamPosition]):
    """The time, and the newest signal of the stream."""

    async def read(self, stores: Stores) -> StreamPosition:
        async with nats.connect(stores.engines.nats) as client:
            sequence, last = await _last(client.jetstream(timeout=ANSWER_TIMEOUT))
            return StreamPosition(datetime.now(UTC), sequence, last)


async def _last(jetstream: JetStreamContext) -> tuple[int, OperatorQuality | None]:
    try:
        message = await jetstream.get_last_msg(OPERATOR_QUALITY.name, OPERATOR_QUALITY.subject)
        return message.seq or 0, _decode(message.data or b"")
    except (msgspec.DecodeError, UnicodeDecodeError):  # not one of ours
        return message.seq or 0, None
    except NotFoundError as error:
        if is_missing_stream(error):
            raise missing_stream(OPERATOR_QUALITY) from error
        return 0, None
    except NatsError as error:
        raise _as_unavailable(error) from error


def _as_unavailable(error: NatsError) -> DependencyUnavailableError:
    """The error as ours, with JetStream's reason if it gave one."""
    if isinstance(error, APIError) and error.description:
        return RefusedError(f"JetStream of ANLYT_NATS_URL refuses: {error.description}.")
    return DependencyUnavailableError("JetStream of ANLYT_NATS_URL does not answer.")


class QualitySamples(StoreDataset[None, SamplesOfWindow]):
    """A function from a window's end to its samples: it reads facts when called, like Kedro's partitioned datasets."""

    async def read(self, stores: Stores) -> SamplesOfWindow:
        run = current()
        return lambda end: run.call(_samples(stores, end))


async def _samples(stores: Stores, end: datetime) -> list[Sample]:
    client = await stores.clickhouse.client()
    window = {"start": end - WINDOW, "end": end, "seen_since": end - ACTIVE}
    with traced(SAMPLES):
        return [Sample(**row) for row in (await client.query(SAMPLES, parameters=window)).named_results()]


class QualityStream(StoreDataset[SignalBatch, None]):
    """Saving a batch publishes each signal directly behind the one before it; JetStream refuses any other position.

    So no signal is published twice, even by overlapping runs or long after a kill. Ids alone do not ensure that: the
    stream's duplicate window is only two minutes.
    """

    async def write(self, stores: Stores, batch: SignalBatch) -> None:
        if not batch.signals:
            return
        async with nats.connect(stores.engines.nats) as client:
            jetstream, last = client.jetstream(timeout=ANSWER_TIMEOUT), batch.after
            for signal in batch.signals:
                last = await _publish(jetstream, signal, last)


async def _publish(jetstream: JetStreamContext, signal: OperatorQuality, last: int) -> int:
    """Publishes a signal behind the message `last`; returns the signal's sequence."""
    headers: dict[str, Any] = {
        Header.MSG_ID.value: signal.event_id,
        Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(last),
    }
    inject(headers)  # the trace of the run
    try:
        ack = await jetstream.publish(
            OPERATOR_QUALITY.subject, msgspec.json.encode(signal), stream=OPERATOR_QUALITY.name, headers=headers
        )
    except APIError as error:
        if error.err_code == WRONG_LAST_SEQUENCE:
            raise ConcurrentPublisherError("Another process publishes signals, too; this run ended.") from error
        raise _as_unavailable(error) from error
    except NatsError as error:
        raise _as_unavailable(error) from error
    return int(ack.seq)
