"""Replays a stream's messages into a function through its own durable: what was counted is recognised."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from nats.aio.client import Client

from functions.function import AnyFunction
from infra.consumers import ensure_consumer
from infra.errors import UsageError
from infra.seek import rewind, sequence_at, standing, stored_at

ASK_EVERY: Final = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Replay:
    """A durable that was moved back: it was `behind` before, and is `to_do` now; `last` is the newest message then."""

    function: AnyFunction
    behind: int
    to_do: int
    last: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Messages done since the replay began, and all that there are to do, those that came meanwhile included."""

    done: int
    total: int


async def begin(
    client: Client, function: AnyFunction, since: datetime | None, remembered: datetime | None = None
) -> Replay:
    """Moves the function's durable back to what was stored at `since`, or to the stream's first message.

    UsageError if that is before `remembered`, from which on events that were counted are recognised. The durable is
    never moved forward: what it has not delivered yet is delivered anyway.
    """
    jetstream, stream = client.jetstream(), function.stream
    await ensure_consumer(jetstream, stream, function.durable)
    sequence = await sequence_at(jetstream, stream, since)
    before = await standing(jetstream, stream, function.durable)
    if sequence <= before.floor:
        stored = await stored_at(jetstream, stream, sequence)
        if remembered is not None and stored is not None and stored < remembered:
            raise UsageError(_too_far(function, stored, remembered))
        await rewind(client, stream, function.durable, sequence)
    now = await standing(jetstream, stream, function.durable)
    return Replay(function, before.behind, now.behind, now.last)


async def follow(client: Client, replay: Replay) -> AsyncIterator[Progress]:
    """Yields until everything that was in the stream is done, and the lag is back where it was, to within a batch.

    Somebody has to work meanwhile.
    """
    function, jetstream = replay.function, client.jetstream()
    usual = max(replay.behind, function.batch.size)
    while True:
        now = await standing(jetstream, function.stream, function.durable)
        total = replay.to_do + now.last - replay.last
        yield Progress(max(total - now.behind, 0), total)
        # A floor stays below messages that were deleted; where nothing is left, nothing is below them either.
        if now.behind <= usual and (now.floor >= replay.last or not now.behind):
            return
        await asyncio.sleep(ASK_EVERY)


def _too_far(function: AnyFunction, stored: datetime, remembered: datetime) -> str:
    whole_second = (remembered + timedelta(seconds=1)).replace(microsecond=0)
    return (
        f"{function.stream.name} still has messages of {stored:%Y-%m-%dT%H:%M:%SZ}, but {function.name} may have "
        f"forgotten which of them it counted before {whole_second:%Y-%m-%dT%H:%M:%SZ}; replay only what is newer "
        f"(--since {whole_second:%Y-%m-%dT%H:%M:%SZ}), or all of it into new tables (--rebuild)."
    )
