"""Replays a stream's retained messages into a function. The dedup ledger recognises the events counted before."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nats.aio.client import Client

from functions.function import AnyFunction
from infra.consumers import ensure_consumer
from infra.errors import UsageError
from infra.seek import consumer_position, rewind, sequence_at, stored_at

POLL_INTERVAL: Final = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Backfill:
    """A durable consumer that was moved back.

    `behind`: unprocessed messages before the move. `to_do`: unprocessed messages after it. `last`: the sequence of the
    stream's newest message at that time.
    """

    function: AnyFunction
    behind: int
    to_do: int
    last: int


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """`done`: messages processed since the backfill began. `total`: all messages to process, new arrivals included."""

    done: int
    total: int


async def begin(
    client: Client,
    function: AnyFunction,
    since: datetime | None,
    remembered: datetime | None = None,
    after: int | None = None,
) -> Backfill:
    """Moves the function's durable consumer back to the first message stored at `since`, or to the stream's first one.

    `after`: to the first message behind this sequence instead.
    `remembered`: the ledger recognises events counted from this time on. Raises UsageError if the target is older.
    The consumer is never moved forward: it delivers its undelivered messages anyway.
    """
    jetstream, stream = client.jetstream(), function.stream
    await ensure_consumer(jetstream, stream, function.durable)
    sequence = await sequence_at(jetstream, stream, since) if after is None else after + 1
    before = await consumer_position(jetstream, stream, function.durable)
    if sequence <= before.floor:
        stored = await stored_at(jetstream, stream, sequence)
        if remembered is not None and stored is not None and stored < remembered:
            raise UsageError(_too_far(function, stored, remembered))
        await rewind(client, stream, function.durable, sequence)
    now = await consumer_position(jetstream, stream, function.durable)
    return Backfill(function, before.behind, now.behind, now.last)


async def follow(client: Client, backfill: Backfill) -> AsyncIterator[BackfillProgress]:
    """Yields the progress until the stream's messages are processed and the lag is as before, to within one batch.

    Workers have to run meanwhile: this function only observes.
    """
    function, jetstream = backfill.function, client.jetstream()
    usual_lag = max(backfill.behind, function.batch.size)
    while True:
        now = await consumer_position(jetstream, function.stream, function.durable)
        total = backfill.to_do + now.last - backfill.last
        yield BackfillProgress(max(total - now.behind, 0), total)
        # The acknowledgement floor stays below deleted messages: without a lag, it says nothing.
        if now.behind <= usual_lag and (now.floor >= backfill.last or not now.behind):
            return
        await asyncio.sleep(POLL_INTERVAL)


def _too_far(function: AnyFunction, stored: datetime, remembered: datetime) -> str:
    whole_second = (remembered + timedelta(seconds=1)).replace(microsecond=0)
    return (
        f"{function.stream.name} still has messages of {stored:%Y-%m-%dT%H:%M:%SZ}, but {function.name} may have "
        f"forgotten which of them it counted before {whole_second:%Y-%m-%dT%H:%M:%SZ}; replay only what is newer "
        f"(--since {whole_second:%Y-%m-%dT%H:%M:%SZ}), or all of it into new tables (--rebuild)."
    )
