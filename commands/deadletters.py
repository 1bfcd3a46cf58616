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
from ingest.replay import NotReplayedError, Outcome, original_of, replay

LINE: Final = "{:>6}  {:<19}  {:<16}  {:<16}  {:<19}  {}"  # id, time, stream, function, reason, sentence


async def show_all(settings: Settings) -> None:
    """A line for each dead letter, oldest first. Nothing is cut to a terminal's width: a pipe has none."""
    count = 0
    async with _jetstream(settings) as jetstream:
        async for found in deadletters.stored(jetstream):
            if not count:
                click.echo(LINE.format("id", "stored at", "stream", "function", "reason", "what is wrong"))
            count += 1
            dead_letter = found.dead_letter
            what = (dead_letter.stream, dead_letter.function, dead_letter.reason, dead_letter.sentence)
            click.echo(LINE.format(found.id, f"{dead_letter.stored_at:%Y-%m-%d %H:%M:%S}", *what))
    if not count:
        click.echo("No dead letters.")


async def show(settings: Settings, id_: int) -> None:
    """One dead letter as JSON."""
    async with _jetstream(settings) as jetstream:
        found = await deadletters.one(jetstream, id_)
    Console().print_json(msgspec.json.encode(found.dead_letter).decode())


async def replay_all(settings: Settings, ids: Sequence[int]) -> None:
    """Sends the events of these dead letters (without ids: of all) again, and drops every dead letter of those events.

    NotReplayedError at the end if there was any that could not be sent.
    """
    outcomes: list[Outcome] = []
    async with _jetstream(settings) as jetstream:
        async for outcome in replay(jetstream, await _dead_letters_of_the_same_events(jetstream, ids)):
            outcomes.append(outcome)
            told = outcome.problem or f"sent to {outcome.dead_letters[0].dead_letter.subject} again"
            click.echo(f"{', '.join(str(found.id) for found in outcome.dead_letters)}: {told}")
    if not outcomes:
        click.echo("No dead letters.")
    if problems := sum(outcome.problem is not None for outcome in outcomes):
        raise NotReplayedError(
            f"{problems} of {len(outcomes)} events could not be sent again; their dead letters stay."
        )


async def drop(settings: Settings, ids: Sequence[int]) -> None:
    """Deletes dead letters; all of them without ids. UsageError before anything is deleted if one does not exist."""
    async with _jetstream(settings) as jetstream:
        for id_ in ids:
            await deadletters.check(jetstream, id_)
        chosen = list(dict.fromkeys(ids)) or await deadletters.ids(jetstream)
        for id_ in chosen:
            await deadletters.drop(jetstream, id_)
            click.echo(f"{id_}: dropped")
    if not chosen:
        click.echo("No dead letters.")


async def _dead_letters_of_the_same_events(
    jetstream: JetStreamContext, ids: Sequence[int]
) -> list[deadletters.StoredDeadLetter]:
    """All dead letters of the events that these ids (all must exist) are about; every dead letter without ids."""
    events = {original_of((await deadletters.one(jetstream, id_)).dead_letter) for id_ in ids}
    return [
        found async for found in deadletters.stored(jetstream) if not ids or original_of(found.dead_letter) in events
    ]


@asynccontextmanager
async def _jetstream(settings: Settings) -> AsyncIterator[JetStreamContext]:
    async with nats.connect(engines(settings).nats) as client:
        yield client.jetstream()
