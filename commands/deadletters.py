"""`anlyt deadletters`: what could not be counted, and what to do about it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from nats.js import JetStreamContext
from rich.console import Console
from rich.table import Table

from infra import nats
from infra.endpoints import engines
from infra.settings import Settings
from ingest import deadletters

WIDE: Final = 300  # columns


async def show_all(settings: Settings) -> None:
    """A table of all letters, oldest first."""
    async with _jetstream(settings) as jetstream:
        print_table([found async for found in deadletters.stored(jetstream)])


def print_table(letters: Sequence[deadletters.Stored]) -> None:
    """As wide as the terminal, in which long texts go on below; a line a letter where there is none."""
    table = Table("id", "stored at")
    for name in ("stream", "function", "reason", "what is wrong"):
        table.add_column(name, overflow="fold")
    for id_, letter in ((each.id, each.letter) for each in letters):
        stored_at = f"{letter.stored_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(id_), stored_at, letter.stream, letter.function, letter.reason, letter.sentence)
    console = Console() if Console().is_terminal else Console(width=WIDE)
    console.print(table if letters else "No dead letters.")


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
