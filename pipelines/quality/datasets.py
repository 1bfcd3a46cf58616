"""Where signals come from and go to: facts, and the stream, which remembers what was published."""

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
from infra.sql import statement
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current
from pipelines.quality.nodes import Batch, Sample, Sampled, StreamPosition
from pipelines.stores import Stores
from schema.quality import WINDOW, OperatorQuality
from schema.streams import OPERATOR_QUALITY

SAMPLES: Final = statement(Path(__file__).parent / "sql", "samples")
SEEN: Final = timedelta(hours=24)  # a pair without any report for so long gets no signals any more
ANSWER: Final = 10.0  # seconds: longer than a cluster takes to elect a leader
# https://github.com/nats-io/nats-server/blob/main/server/errors.json
STREAM_NOT_FOUND: Final = 10059
WRONG_LAST_SEQUENCE: Final = 10071

_decode: Final = msgspec.json.Decoder(OperatorQuality).decode


class OvertakenError(AnlytError):
    """Somebody else published signals during this run."""


class QualityPosition(StoreDataset[None, StreamPosition]):
    """What time it is, and the newest signal of the stream."""

    async def read(self, stores: Stores) -> StreamPosition:
        async with nats.connect(stores.engines.nats) as client:
            sequence, last = await _last(client.jetstream(timeout=ANSWER))
            return StreamPosition(datetime.now(UTC), sequence, last)


async def _last(jetstream: JetStreamContext) -> tuple[int, OperatorQuality | None]:
    try:
        message = await jetstream.get_last_msg(OPERATOR_QUALITY.name, OPERATOR_QUALITY.subject)
        return message.seq or 0, _decode(message.data or b"")
    except msgspec.DecodeError:  # not one of ours
        return message.seq or 0, None
    except NotFoundError as error:
        if error.err_code == STREAM_NOT_FOUND:
            raise AnlytError(f"Stream {OPERATOR_QUALITY.name} does not exist; run `anlyt migrate` first.") from error
        return 0, None
    except NatsError as error:
        raise _absence(error) from error


def _absence(error: NatsError) -> DependencyUnavailableError:
    """With JetStream's own reason, if it gave one."""
    if isinstance(error, APIError) and error.description:
        return RefusedError(f"JetStream of ANLYT_NATS_URL refuses: {error.description}.")
    return DependencyUnavailableError("JetStream of ANLYT_NATS_URL does not answer.")


class QualitySamples(StoreDataset[None, Sampled]):
    """A function of a window's end: facts are read when it is asked, as with the partitions of a dataset."""

    async def read(self, stores: Stores) -> Sampled:
        run = current()
        return lambda end: run.call(_samples(stores, end))


async def _samples(stores: Stores, end: datetime) -> list[Sample]:
    client = await stores.clickhouse.client()
    window = {"start": end - WINDOW, "end": end, "seen_since": end - SEEN}
    with traced(SAMPLES):
        return [Sample(*row) for row in (await client.query(SAMPLES, parameters=window)).result_rows]


class QualityStream(StoreDataset[Batch, None]):
    """Each signal is published behind the one before, or not at all: JetStream refuses it if anybody else was there.

    So nothing is published twice, by whatever runs overlap, and however long after a run was killed the next one is:
    the stream's duplicate window, in which it knows a signal by its id, is only two minutes.
    """

    async def write(self, stores: Stores, batch: Batch) -> None:
        if not batch.signals:
            return
        async with nats.connect(stores.engines.nats) as client:
            jetstream, last = client.jetstream(timeout=ANSWER), batch.after
            for signal in batch.signals:
                last = await _publish(jetstream, signal, last)


async def _publish(jetstream: JetStreamContext, signal: OperatorQuality, last: int) -> int:
    """The signal's sequence."""
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
            raise OvertakenError("Another process publishes signals, too; it goes on.") from error
        raise _absence(error) from error
    except NatsError as error:
        raise _absence(error) from error
    return int(ack.seq)
