"""`anlyt backfill`: what a stream still has is counted again, through its durable or into new tables."""

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
from infra.migrate import check_currency
from infra.postgres import Connection, Pool, as_unavailable, open_pool
from infra.settings import Settings
from ingest import backfill, service
from ingest.limit import LimitExceededError, LimitGuards
from ingest.rebuild.history import History
from ingest.rebuild.rebuild import Rebuild
from schema.dedup import remembered_since

LOCK: Final = "select pg_try_advisory_lock(hashtextextended($1, 0))"
PATIENCE: Final = 300.0  # seconds for another rollup to end: it may have begun before the last of what was counted here
Tell = Callable[[int, int], None]


class AlreadyRunningError(AnlytError):
    """Another process does the same."""


class StoppedError(AnlytError):
    """The command was stopped before its end."""


async def run(
    settings: Settings, name: str, since: datetime | None, *, rebuild: bool, accept_bad: bool = False
) -> None:
    """Counts all messages that the stream has. Raises LimitExceededError if too many are bad and not accepted."""
    [function] = chosen([name], "FUNCTION")
    if rebuild and function.store == "clickhouse":
        raise UsageError(f"{name} needs no --rebuild: its facts replace themselves; run `anlyt backfill {name}`.")
    found = engines(settings)
    try:
        async with nats.connect(found.nats) as client:
            guards = guards_of(settings, [function], [name] if accept_bad else [])
            await (_rebuild if rebuild else _replay)(settings, found, client, function, since, guards)
        if function.store == "postgres":
            await _add_up(found)
    except asyncio.CancelledError as error:
        left = "nothing is half done" if rebuild else "the function's workers go on with what is left"
        raise StoppedError(f"Stopped: {left}; the same command begins again.") from error


async def _replay(
    settings: Settings,
    found: Engines,
    client: FrameClient,
    function: AnyFunction,
    since: datetime | None,
    guards: LimitGuards,
) -> None:
    """With workers of its own beside those that run elsewhere: it ends even if none does."""
    await check_dedup(client, [function], settings.dedup_days)
    async with AsyncExitStack() as opened:
        remembered = None
        if function.store == "postgres":
            pool = await opened.enter_async_context(_pool(settings, found))
            connection = await opened.enter_async_context(_alone(pool, function.name))
            await connection.execute(HOLD_LEDGER)
            days = await ledger_days(connection)
            remembered = remembered_since(
                days, datetime.now(UTC), await dedup_memory(client.jetstream(), settings.dedup_days)
            )
        replay = await backfill.begin(client, function, since, remembered)
        tell = opened.enter_context(_bar(function.name))
        await opened.enter_async_context(service.running(found, [function], settings.reporting_currency, guards))
        async for progress in backfill.follow(client, replay):
            tell(progress.done, progress.total)
            if exceeded := guards[function.name].exceeded:
                raise LimitExceededError(exceeded)
    Console().print(f"{function.name}: {replay.to_do:,} messages were replayed; what was counted already stays so.")


async def _rebuild(
    settings: Settings,
    found: Engines,
    client: FrameClient,
    function: AnyFunction,
    since: datetime | None,
    guards: LimitGuards,
) -> None:
    await nats.created_at(client.jetstream(), function.stream)  # or there is nothing to count, and one sentence says so
    async with _pool(settings, found) as pool, _alone(pool, function.name, "rebuild") as connection:
        with _bar(function.name) as tell:
            history, guard = History(client, function), guards[function.name]
            start = await Rebuild(history, pool, connection, settings.reporting_currency, tell, guard).run(since)
    Console().print(f"{function.name}: everything from {start:%Y-%m-%dT%H:%M:%SZ} on was counted anew and swapped in.")


async def _add_up(found: Engines) -> None:
    """Reports on the days that were touched are then as quick as on any other."""
    from pipelines import runs
    from pipelines.lease import PipelineBusyError
    from pipelines.stores import open_stores

    async with open_stores(found) as stores:
        try:
            counts = await runs.run(stores, "rollup", patience=PATIENCE)
        except PipelineBusyError:
            Console().print("Days are being added up by another run, which has not ended; the next run does the rest.")
        else:
            Console().print(f"{counts['days']:,} days were added up.")


@asynccontextmanager
async def _pool(settings: Settings, found: Engines) -> AsyncIterator[Pool]:
    check = partial(check_currency, currency=settings.reporting_currency)
    async with open_pool(found.postgres, size=2, check=check) as pool:
        yield pool


@asynccontextmanager
async def _alone(pool: Pool, *names: str) -> AsyncIterator[Connection]:
    """A connection that holds these locks until its pool is closed, or it breaks."""
    async with AsyncExitStack() as opened:
        with as_unavailable():
            connection = await opened.enter_async_context(pool.acquire())
        for name in names:
            if not await connection.fetchval(LOCK, f"anlyt.backfill.{name}"):
                raise AlreadyRunningError(f"A backfill of {names[0]} or a rebuild runs already; wait for its end.")
        yield connection


@contextmanager
def _bar(name: str) -> Iterator[Tell]:
    """Messages, their rate, and the time that is left."""
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

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            speed = progress.tasks[0].finished_speed or progress.tasks[0].speed
            progress.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield tell
