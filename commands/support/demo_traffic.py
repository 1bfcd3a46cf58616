"""The traffic of `anlyt dev --demo`: a week of history with a progress bar, then live until the end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

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


@asynccontextmanager
async def running(stores: Stores, home: Path, *, with_books: bool) -> AsyncIterator[None]:
    """History is published and counted when the body begins; live traffic flows while it runs.

    `with_books`: `billing.daily_totals` is nobody else's, so it is filled, too, and history is reconciled with it.
    """
    world, outbox, totals, now = make_world(), traffic.Outbox(), Totals(), datetime.now(UTC)
    async with AsyncExitStack() as opened:
        client = await opened.enter_async_context(nats.connect(stores.engines.nats))
        told = home / HISTORY_TOLD
        if not told.exists():  # killed half-way, it is told again: the events are the same, and counted once
            await _tell_history(client, world, now, outbox, totals)
            if with_books:
                await billing_ledger.close_history(stores.postgres, totals)
                await _reconcile(stores)
            told.touch()
        if with_books:
            await opened.enter_async_context(billing_ledger.kept(stores.postgres, totals))
        async with asyncio.TaskGroup() as tasks:
            live = tasks.create_task(feed.run_live(client, world, now, MESSAGES_A_SECOND, outbox, watch=totals.add))
            yield
            live.cancel()


async def _reconcile(stores: Stores) -> None:
    """Billing's billing_ledger have a mistake on purpose: the alarm is in the log, and what it is about in GraphQL."""
    try:
        await runs.run(stores, "reconciliation")
    except AnlytError as error:
        logger().warning("reconciliation of the demo's history", found=str(error))


async def _tell_history(client: Client, world: World, until: datetime, outbox: traffic.Outbox, totals: Totals) -> None:
    columns = TextColumn("{task.description:<9}"), BarColumn(40), TextColumn("{task.fields[said]}"), TimeElapsedColumn()
    start = until - timedelta(days=DAYS)
    with Progress(*columns) as progress:
        sent = progress.add_task("history", total=DAYS * 24, said="")
        counted = progress.add_task("counted", total=None, said="")
        clock = _Clock(start)

        def report(published: int) -> None:
            hours = (clock.now - start) / timedelta(hours=1)
            progress.update(sent, completed=hours, said=f"{clock.now:%a %d %b %H:%M}, {published:,} events")

        history = traffic.history(world, until, DAYS, outbox=outbox)
        total = await feed.publish(client, clock.watch(history, totals), report)
        progress.update(sent, completed=DAYS * 24)
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
