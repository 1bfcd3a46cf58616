"""When each pipeline runs, and the process that runs them: `anlyt schedule`, or inside `anlyt dev`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final, TypeAlias

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # has no type information
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]  # has no type information
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]  # has no type information

from infra.clickhouse import FAILURES
from infra.errors import DependencyUnavailableError
from infra.postgres import is_unavailable
from infra.telemetry import logger
from pipelines import runs
from pipelines.cubes import freshness
from pipelines.lease import PipelineBusyError
from pipelines.stores import Stores

TIMES: Final[tuple[tuple[str, BaseTrigger], ...]] = (
    ("cubes", IntervalTrigger(seconds=15)),
    ("rollup", IntervalTrigger(minutes=15)),
    ("archive", IntervalTrigger(days=1)),
)

Measure: TypeAlias = Callable[[Stores], Awaitable[None]]
MEASURES: Final[tuple[Measure, ...]] = (runs.measure, freshness.measure)
"""What keeps the gauges of this process, every few seconds."""
MEASURE_EVERY: Final = 5.0  # seconds


@asynccontextmanager
async def running(stores: Stores) -> AsyncIterator[None]:
    """Runs the pipelines at their times while the body does; then stops the runs under way.

    Each runs once at the start, too: its time may have passed while no process was there. What is due while the same
    pipeline still runs is left out: each run does all there is to do.
    """
    under_way: set[asyncio.Task[None]] = set()

    async def job(name: str) -> None:
        run = asyncio.create_task(_run(stores, name), name=name)
        under_way.add(run)
        run.add_done_callback(under_way.discard)
        await asyncio.wait([run])

    scheduler = AsyncIOScheduler(timezone=UTC)
    for name, trigger in TIMES:
        scheduler.add_job(
            job,
            trigger,
            args=[name],
            id=name,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    gauges = asyncio.create_task(_measure(stores), name="gauges")
    try:
        yield
    finally:
        scheduler.pause()
        ending = (gauges, *under_way)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        scheduler.shutdown(wait=False)


async def _run(stores: Stores, name: str) -> None:
    """Failures are in the log and in `anlyt.pipeline_runs`; the next time tries again."""
    try:
        await runs.run(stores, name)
    except PipelineBusyError:
        logger().info("pipeline is running elsewhere", pipeline=name)
    except DependencyUnavailableError as error:
        logger().warning("pipeline has to wait", pipeline=name, why=str(error))
    except runs.PipelineFailedError:
        pass  # told where it happened
    except Exception:
        logger().exception("pipeline could not be run", pipeline=name)


async def _measure(stores: Stores) -> None:
    """A store that is away leaves its gauges as they were."""
    while True:
        for measure in MEASURES:
            try:
                await measure(stores)
            except FAILURES:
                continue
            except Exception as error:  # told apart by is_unavailable
                if not is_unavailable(error):
                    logger().exception("gauges could not be measured")
        await asyncio.sleep(MEASURE_EVERY)
