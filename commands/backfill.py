"""`anlyt backfill`: counts a stream's retained messages again, with its durable consumer or into new tables."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from commands.ingest import check_dedup, chosen, guards_of
from functions.function import AnyFunction
from infra import nats
from infra.dedup import HOLD_LEDGER, dedup_memory, ledger_days
from infra.endpoints import Engines, engines
from infra.errors import AnlytError, UsageError
from infra.frames import FrameClient
from infra.postgres import Connection, Pool, as_unavailable, open_pool
from infra.reporting_currency import check_currency
from infra.settings import Settings
from ingest import backfill, positions, service
from ingest.limit import LimitExceededError, LimitGuards
from ingest.rebuild.history import History
from ingest.rebuild.rebuild import Rebuild
from schema.dedup import remembered_since

LOCK: Final = "select pg_try_advisory_lock(hashtextextended($1, 0))"
# Seconds to wait for another process's rollup: it may have started before the backfill's last commit.
ROLLUP_WAIT: Final = 300.0
Report = Callable[[int, int], None]
"""Called with the number of processed messages and the total."""


class AlreadyRunningError(AnlytError):
    """Another process runs a backfill of this function, or a rebuild."""


class StoppedError(AnlytError):
    """A signal stopped the command before its end."""


async def run(
    settings: Settings,
    name: str,
    since: datetime | None,
    *,
    rebuild: bool,
    accept_bad: bool = False,
    after_failover: bool = False,
) -> None:
    """Counts the stream's retained messages again, from `since` on. Raises LimitExceededError if too many are bad.

    `after_failover`: from the position that PostgreSQL has recorded.
    """
    [function] = chosen([name], "FUNCTION")
    if after_failover and (rebuild or since is not None):
        raise UsageError("--after-failover knows where to begin; give neither --since nor --rebuild with it.")
    if after_failover and function.store == "clickhouse":
        raise UsageError(f"{name} writes to ClickHouse: a fail-over of PostgreSQL loses none of its facts.")
    if rebuild and function.store == "clickhouse":
        raise UsageError(f"{name} needs no --rebuild: its facts replace themselves; run `anlyt backfill {name}`.")
    addresses = engines(settings)
    try:
        async with nats.connect(addresses.nats) as client:
            guards = guards_of(settings, [function], [name] if accept_bad else [])
            if rebuild:
                await _rebuild(settings, addresses, client, function, since, guards)
            else:
                await _replay(settings, addresses, client, function, since, guards, after_failover=after_failover)
        if function.store == "postgres":
            await _roll_up(addresses)
    except asyncio.CancelledError as error:
        state = "the stored figures are unchanged" if rebuild else "the function's workers process the rest"
        raise StoppedError(f"Stopped: {state}. Run the same command to start again.") from error


async def _replay(
    settings: Settings,
    addresses: Engines,
    client: FrameClient,
    function: AnyFunction,
    since: datetime | None,
    guards: LimitGuards,
    *,
    after_failover: bool,
) -> None:
    """Moves the durable consumer back, and runs workers until its messages are processed.

    Its own workers run beside those of other processes, so it ends even if no other process runs.
    """
    await check_dedup(client, [function], settings.dedup_days)
    async with AsyncExitStack() as opened:
        remembered, after, connection = None, None, None
        if function.store == "postgres":
            pool = await opened.enter_async_context(_pool(settings, addresses))
            connection = await opened.enter_async_context(_locked(pool, function.name))
            await connection.execute(HOLD_LEDGER)
            days = await ledger_days(connection)
            remembered = remembered_since(
                days, datetime.now(UTC), await dedup_memory(client.jetstream(), settings.dedup_days)
            )
            if after_failover:
                made_at = await nats.created_at(client.jetstream(), function.stream)
                after = await positions.recorded(connection, function.name, made_at)
        replay = await backfill.begin(client, function, since, remembered, after)
        report = opened.enter_context(_bar(function.name))
        await opened.enter_async_context(service.running(addresses, [function], settings.reporting_currency, guards))
        async for progress in backfill.follow(client, replay):
            report(progress.done, progress.total)
            if exceeded := guards[function.name].exceeded:
                raise LimitExceededError(exceeded)
        if connection is not None and after is not None:
            await positions.resume(connection, function.name)
    Console().print(f"{function.name}: {replay.to_do:,} messages were replayed; no event was counted twice.")


async def _rebuild(
    settings: Settings,
    addresses: Engines,
    client: FrameClient,
    function: AnyFunction,
    since: datetime | None,
    guards: LimitGuards,
) -> None:
    await nats.created_at(client.jetstream(), function.stream)  # raises UsageError if the stream is missing
    async with _pool(settings, addresses) as pool, _locked(pool, function.name, "rebuild") as connection:
        with _bar(function.name) as report:
            history, guard = History(client, function), guards[function.name]
            start = await Rebuild(history, pool, connection, settings.reporting_currency, report, guard).run(since)
    Console().print(f"{function.name}: all events from {start:%Y-%m-%dT%H:%M:%SZ} on were counted anew and swapped in.")


async def _roll_up(addresses: Engines) -> None:
    """Rolls up the changed days, so that reports on them are as fast as on other days."""
    from pipelines import runs
    from pipelines.lease import PipelineBusyError
    from pipelines.stores import open_stores

    async with open_stores(addresses) as stores:
        try:
            counts = await runs.run(stores, "rollup", patience=ROLLUP_WAIT)
        except PipelineBusyError:
            Console().print("Another rollup still runs; the next one rolls up the remaining days.")
        else:
            Console().print(f"{counts['days']:,} days were rolled up.")


@asynccontextmanager
async def _pool(settings: Settings, addresses: Engines) -> AsyncIterator[Pool]:
    check = partial(check_currency, currency=settings.reporting_currency)
    async with open_pool(addresses.postgres, size=2, check=check) as pool:
        yield pool


@asynccontextmanager
async def _locked(pool: Pool, *names: str) -> AsyncIterator[Connection]:
    """A connection that holds the locks of these names until the pool closes. Raises AlreadyRunningError."""
    async with AsyncExitStack() as opened:
        with as_unavailable():
            connection = await opened.enter_async_context(pool.acquire())
        for name in names:
            if not await connection.fetchval(LOCK, f"anlyt.backfill.{name}"):
                raise AlreadyRunningError(f"A backfill of {names[0]} or a rebuild runs already; wait for its end.")
        yield connection


@contextmanager
def _bar(name: str) -> Iterator[Report]:
    """A progress bar with messages, their rate, and the remaining time. Yields the function that updates it."""
    columns: Sequence[str | TextColumn | BarColumn | MofNCompleteColumn | TimeElapsedColumn | TimeRemainingColumn] = (
        TextColumn("{task.description}"),
        BarColumn(30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns) as progress:
        task = progress.add_task(name, total=None, rate="")

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield report
