"""The traffic of `anlyt dev --demo`: a week of history with a progress bar, then live until the end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
from nats.aio.client import Client
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from commands.support.preflight import HISTORY_TOLD
from demo import billing_ledger, feed, traffic
from demo.totals import Totals
from demo.wire import Message
from demo.world import World, make_world
from functions import FUNCTIONS
from infra import nats
from infra.cancelling import raise_if_cancelled
from infra.errors import AnlytError
from infra.telemetry import logger
from pipelines import runs
from pipelines.stores import Stores

DAYS: Final = 7
MESSAGES_A_SECOND: Final = 2.0
MARKED_EVERY: Final = 5.0  # seconds
SHORTEST_GAP: Final = timedelta(minutes=15)  # a step of the history


@asynccontextmanager
async def running(stores: Stores, home: Path, *, with_books: bool) -> AsyncIterator[None]:
    """History is published and counted when the body begins; live traffic flows while it runs.

    In a folder that has a demo's history already, what is missing of the last week is published: the demo of three
    weeks ago has a week that ends now, too.
    `with_books`: `billing.daily_totals` is nobody else's, so it is filled, too, and history is reconciled with it.
    """
    world, outbox, totals, now = make_world(), traffic.Outbox(), Totals(), datetime.now(UTC)
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(nats.connect(stores.engines.nats))
        is_first, since = not (home / HISTORY_TOLD).exists(), _told_until(home, now)
        # Killed half-way, it is told again: the events are the same, and counted once.
        if is_first or now - since > SHORTEST_GAP:
            await _tell_history(client, world, since, now, outbox, totals)
            if with_books:
                book = billing_ledger.close_history if is_first else billing_ledger.add
                await book(stores.postgres, totals)
            (home / HISTORY_TOLD).touch()
            click.echo("Running the pipelines over the history ...")
            if with_books:
                click.echo("One day of it differs from billing's books on purpose: the warning is about that day.")
                await _run(stores, "reconciliation")
            await _run(stores, "cubes")  # else queries and insights answer nothing in the first minute
        if with_books:
            await opened.enter_async_context(billing_ledger.kept(stores.postgres, totals))
        async with asyncio.TaskGroup() as tasks:
            live = tasks.create_task(feed.run_live(client, world, now, MESSAGES_A_SECOND, outbox, watch=totals.add))
            marking = tasks.create_task(_mark_told(home))
            yield
            live.cancel()
            marking.cancel()


def _told_until(home: Path, now: datetime) -> datetime:
    """Up to when a folder's demo was published (the file's time), and a week ago at the earliest."""
    begin, told = now - timedelta(days=DAYS), home / HISTORY_TOLD
    return max(begin, datetime.fromtimestamp(told.stat().st_mtime, UTC)) if told.exists() else begin


async def _mark_told(home: Path) -> None:
    """While live traffic flows, the file's time is up to when all is published."""
    while True:
        (home / HISTORY_TOLD).touch()
        await asyncio.sleep(MARKED_EVERY)


async def _run(stores: Stores, name: str) -> None:
    """A pipeline, once; what goes wrong is in the log, and the scheduler runs it again."""
    try:
        await runs.run(stores, name)
    except AnlytError as error:
        logger().warning("a pipeline over the demo's history", pipeline=name, found=str(error))


async def _tell_history(
    client: Client, world: World, since: datetime, until: datetime, outbox: traffic.Outbox, totals: Totals
) -> None:
    columns = TextColumn("{task.description:<9}"), BarColumn(40), TextColumn("{task.fields[said]}"), TimeElapsedColumn()
    hour = timedelta(hours=1)
    with Progress(*columns) as progress:
        sent = progress.add_task("history", total=(until - since) / hour, said="")
        counted = progress.add_task("counted", total=None, said="")
        clock = _Clock(since)

        def report(published: int) -> None:
            progress.update(
                sent, completed=(clock.now - since) / hour, said=f"{clock.now:%a %d %b %H:%M}, {published:,} events"
            )

        history = traffic.history(world, until, DAYS, outbox=outbox, since=since)
        total = await feed.publish(client, clock.watch(history, totals), report)
        progress.update(sent, completed=(until - since) / hour)
        await _until_counted(client, progress, counted, total)


class _Clock:
    """The event time that the history has reached."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def watch(self, messages: Iterator[Message], totals: Totals) -> Iterator[Message]:
        for message in messages:
            totals.add(message)
            self.now = datetime.fromtimestamp(message.due / 1000, UTC)
            yield message


async def _until_counted(client: Client, progress: Progress, task: TaskID, total: int) -> None:
    """Waits until the functions have read everything that is in their streams."""
    while behind := await _behind(client):
        raise_if_cancelled()
        progress.update(task, total=total, completed=max(total - behind, 0), said=f"{behind:,} to go")
        await asyncio.sleep(0.2)
    progress.update(task, total=total, completed=total, said=f"{total:,} events")


async def _behind(client: Client) -> int:
    infos = [await client.jetstream().consumer_info(each.stream.name, each.durable) for each in FUNCTIONS]
    return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)
