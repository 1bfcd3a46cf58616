"""`anlyt deadletters`: what could not be counted, and what to do about it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import click
import msgspec
from nats.js import JetStreamContext
from rich.console import Console

from infra import nats
from infra.endpoints import engines
from infra.settings import Settings
from ingest import deadletters

LINE: Final = "{:>6}  {:<19}  {:<16}  {:<16}  {:<19}  {}"  # id, time, stream, function, reason, sentence


async def show_all(settings: Settings) -> None:
    """A line for each letter, oldest first. Nothing is cut to a terminal's width: a pipe has none."""
    count = 0
    async with _jetstream(settings) as jetstream:
        async for found in deadletters.stored(jetstream):
            if not count:
                click.echo(LINE.format("id", "stored at", "stream", "function", "reason", "what is wrong"))
            count += 1
            letter = found.letter
            what = (letter.stream, letter.function, letter.reason, letter.sentence)
            click.echo(LINE.format(found.id, f"{letter.stored_at:%Y-%m-%d %H:%M:%S}", *what))
    if not count:
        click.echo("No dead letters.")


async def show(settings: Settings, id_: int) -> None:
    """One letter as JSON."""
    async with _jetstream(settings) as jetstream:
        found = await deadletters.one(jetstream, id_)
    Console().print_json(msgspec.json.encode(found.letter).decode())


async def replay(settings: Settings, ids: Sequence[int]) -> None:
    """Publishes the original events again; all letters without ids."""
    async with _jetstream(settings) as jetstream:
        for found in await _chosen(jetstream, ids):
            await deadletters.replay(jetstream, found)
            Console().print(f"{found.id}: sent to {found.letter.subject} again")


async def drop(settings: Settings, ids: Sequence[int]) -> None:
    """Deletes letters; all of them without ids."""
    async with _jetstream(settings) as jetstream:
        for found in await _chosen(jetstream, ids):
            await deadletters.drop(jetstream, found)
            Console().print(f"{found.id}: dropped")


async def _chosen(jetstream: JetStreamContext, ids: Sequence[int]) -> list[deadletters.Stored]:
    """The letters of these ids (all must exist), or every letter."""
    if ids:
        return [await deadletters.one(jetstream, id_) for id_ in ids]
    return [found async for found in deadletters.stored(jetstream)]


@asynccontextmanager
async def _jetstream(settings: Settings) -> AsyncIterator[JetStreamContext]:
    async with nats.connect(engines(settings).nats) as client:
        yield client.jetstream()
