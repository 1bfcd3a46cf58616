"""`anlyt deadletters`: lists, shows, replays and drops dead letters."""

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
    """Prints one line per dead letter, oldest first. Lines are not cut to the terminal's width: a pipe has none."""
    count = 0
    async with _jetstream(settings) as jetstream:
        async for stored in deadletters.stored(jetstream):
            if not count:
                click.echo(LINE.format("id", "stored at", "stream", "function", "reason", "what is wrong"))
            count += 1
            dead_letter = stored.dead_letter
            more = len(dead_letter.problems) - 1
            wrong = dead_letter.sentence if more < 1 else f"{dead_letter.sentence} ({more} more)"
            columns = (dead_letter.stream, dead_letter.function, dead_letter.reason, wrong)
            click.echo(LINE.format(stored.id, f"{dead_letter.stored_at:%Y-%m-%d %H:%M:%S}", *columns))
    if not count:
        click.echo("No dead letters.")


async def show(settings: Settings, id_: int) -> None:
    """Prints one dead letter as JSON. Raises UsageError if it does not exist."""
    async with _jetstream(settings) as jetstream:
        stored = await deadletters.one(jetstream, id_)
    Console().print_json(msgspec.json.encode(stored.dead_letter).decode())


async def replay_all(settings: Settings, ids: Sequence[int]) -> None:
    """Publishes the events of these dead letters again, then drops all dead letters of these events.

    Without ids, it takes all dead letters. Raises NotReplayedError at the end if an event could not be published.
    """
    outcomes: list[Outcome] = []
    async with _jetstream(settings) as jetstream:
        async for outcome in replay(jetstream, await _dead_letters_of_the_same_events(jetstream, ids)):
            outcomes.append(outcome)
            result = outcome.problem or f"sent to {outcome.dead_letters[0].dead_letter.subject} again"
            click.echo(f"{', '.join(str(stored.id) for stored in outcome.dead_letters)}: {result}")
    if not outcomes:
        click.echo("No dead letters.")
    if problems := sum(outcome.problem is not None for outcome in outcomes):
        raise NotReplayedError(
            f"{problems} of {len(outcomes)} events could not be sent again; their dead letters stay."
        )


async def drop(settings: Settings, ids: Sequence[int]) -> None:
    """Deletes these dead letters, or all without ids. Raises UsageError before any deletion if one does not exist."""
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
    """All dead letters of the events that these dead letters are about; without ids, all dead letters.

    Raises UsageError if an id does not exist.
    """
    events = {original_of((await deadletters.one(jetstream, id_)).dead_letter) for id_ in ids}
    return [
        stored async for stored in deadletters.stored(jetstream) if not ids or original_of(stored.dead_letter) in events
    ]


@asynccontextmanager
async def _jetstream(settings: Settings) -> AsyncIterator[JetStreamContext]:
    async with nats.connect(engines(settings).nats) as client:
        yield client.jetstream()
