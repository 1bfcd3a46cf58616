"""The traffic of `anlyt dev --demo`: a week of history with a progress bar, its last day first, then live traffic."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click
from nats.aio.client import Client
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from commands.support.preflight import HISTORY_MARK
from demo import billing_ledger, feed, traffic
from demo.totals import DailyTotals
from demo.wire import Message
from demo.world import World, make_world
from functions import FUNCTIONS
from infra import nats
from infra.cancelling import raise_if_cancelled
from infra.errors import AnlytError
from infra.seek import unprocessed
from infra.telemetry import logger
from pipelines import runs
from pipelines.stores import Stores

DAYS: Final = 7
MESSAGES_PER_SECOND: Final = 2.0
MARK_INTERVAL: Final = 5.0  # seconds
SHORTEST_GAP: Final = timedelta(minutes=15)  # one step of the history
JUMP: Final = timedelta(hours=1)  # between the last day and the earlier ones, the history's clock jumps by more


@asynccontextmanager
async def running(stores: Stores, home: Path, *, with_billing: bool) -> AsyncIterator[None]:
    """Publishes the history and waits until it is counted; then publishes live traffic while the body runs.

    If `home` has an earlier demo's history, publishes only what is missing of the last week. `with_billing`: also
    fills `billing.daily_totals`, which then belongs to the demo, and reconciles the history with it.
    """
    world, outbox, totals, now = make_world(), traffic.Outbox(), DailyTotals(), datetime.now(UTC)
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(nats.connect(stores.engines.nats))
        is_first, since = not (home / HISTORY_MARK).exists(), _published_until(home, now)
        # After a kill, the history is published again: its events are the same, and are counted once.
        if is_first or now - since > SHORTEST_GAP:
            await _publish_history(client, world, since, now, outbox, totals)
            if with_billing:
                book = billing_ledger.close_history if is_first else billing_ledger.add
                await book(stores.postgres, totals)
            (home / HISTORY_MARK).touch()
            click.echo("Running the pipelines over the history ...")
            if with_billing:
                click.echo("One day of it differs from billing on purpose: the warning is about that day.")
                await _run(stores, "reconciliation")
            await _run(stores, "cubes")  # or queries and insights would be empty in the first minute
        if with_billing:
            await opened.enter_async_context(billing_ledger.keep_adding(stores.postgres, totals))
        async with asyncio.TaskGroup() as tasks:
            live = tasks.create_task(feed.run_live(client, world, now, MESSAGES_PER_SECOND, outbox, watch=totals.add))
            marking = tasks.create_task(_mark_progress(home))
            yield
            live.cancel()
            marking.cancel()


def _published_until(home: Path, now: datetime) -> datetime:
    """The time up to which the demo of `home` was published (the mark's mtime), at the earliest one week ago."""
    begin, mark = now - timedelta(days=DAYS), home / HISTORY_MARK
    return max(begin, datetime.fromtimestamp(mark.stat().st_mtime, UTC)) if mark.exists() else begin


async def _mark_progress(home: Path) -> None:
    """Sets the mark's mtime to the time up to which live traffic is published."""
    while True:
        (home / HISTORY_MARK).touch()
        await asyncio.sleep(MARK_INTERVAL)


async def _run(stores: Stores, name: str) -> None:
    """Runs a pipeline once. Logs a failure: the scheduler runs the pipeline again."""
    try:
        await runs.run(stores, name)
    except AnlytError as error:
        logger().warning("a pipeline over the demo's history reports a problem", pipeline=name, why=str(error))


async def _publish_history(
    client: Client, world: World, since: datetime, until: datetime, outbox: traffic.Outbox, totals: DailyTotals
) -> None:
    columns = TextColumn("{task.description:<9}"), BarColumn(40), TextColumn("{task.fields[said]}"), TimeElapsedColumn()
    hour = timedelta(hours=1)
    with Progress(*columns) as progress:
        sent = progress.add_task("history", total=(until - since) / hour, said="")
        counted = progress.add_task("counted", total=None, said="")
        clock = _Clock(since)

        def report(published: int) -> None:
            progress.update(
                sent, completed=clock.passed / hour, said=f"{clock.now:%a %d %b %H:%M}, {published:,} events"
            )

        history = traffic.history(world, until, DAYS, outbox=outbox, since=since, last_day_first=True)
        total = await feed.publish(client, clock.watch(history, totals), report)
        progress.update(sent, completed=(until - since) / hour)
        await _until_counted(client, progress, counted, total)


class _Clock:
    """`now`: the event time that the history has reached. `passed`: the sum of its steps, without its jumps."""

    def __init__(self, start: datetime) -> None:
        self.now, self.passed = start, timedelta(0)

    def watch(self, messages: Iterator[Message], totals: DailyTotals) -> Iterator[Message]:
        """Yields the messages, adds each to `totals` and advances `now`."""
        for message in messages:
            totals.add(message)
            now = datetime.fromtimestamp(message.due / 1000, UTC)
            if timedelta(0) < now - self.now < JUMP:
                self.passed += now - self.now
            self.now = now
            yield message


async def _until_counted(client: Client, progress: Progress, task: TaskID, total: int) -> None:
    """Waits until the functions have processed all messages of their streams."""
    while behind := await _behind(client):
        raise_if_cancelled()
        progress.update(task, total=total, completed=max(total - behind, 0), said=f"{behind:,} to go")
        await asyncio.sleep(0.2)
    progress.update(task, total=total, completed=total, said=f"{total:,} events")


async def _behind(client: Client) -> int:
    infos = [await client.jetstream().consumer_info(each.stream.name, each.durable) for each in FUNCTIONS]
    return sum(map(unprocessed, infos))
