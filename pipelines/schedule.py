"""The scheduler: runs the pipelines at their times, in `anlyt schedule` or inside `anlyt dev`."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias, TypeVar, assert_never

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from infra.clickhouse_errors import FAILURES
from infra.errors import DependencyUnavailableError, UsageError
from infra.faults import fault_of
from infra.metrics import GAUGES_MEASURED
from infra.postgres import is_unavailable
from infra.telemetry import logger
from pipelines import run_metrics, runs
from pipelines.crosscheck import metrics as crosscheck
from pipelines.cubes import metrics as freshness
from pipelines.definition import Definition
from pipelines.integrity import metrics as gauge
from pipelines.lease import PipelineBusyError
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.reconciliation import metrics as divergence
from pipelines.stores import Stores
from pipelines.times import Daily, Every, EveryMinute, Times
from pipelines.tlog import metrics as tlog

# A failed pipeline runs again after this, or at its next time if that is sooner.
RETRY: Final = timedelta(minutes=5)

T = TypeVar("T")
Measure: TypeAlias = Callable[[Stores], Awaitable[None]]
MEASURES: Final[tuple[Measure, ...]] = (
    run_metrics.measure,
    freshness.measure,
    divergence.measure,
    gauge.measure,
    tlog.measure,
    crosscheck.measure,
)
"""The functions that update the gauges of this process, every few seconds."""
MEASURE_EVERY: Final = 5.0  # seconds


def chosen(names: Collection[str]) -> Sequence[Definition]:
    """The pipelines of these names; all if there are none. Raises UsageError for an unknown name."""
    for name in names:
        if name not in DEFINITIONS:
            raise UsageError(f"--pipeline {name} is unknown; choose from {', '.join(DEFINITIONS)}.")
    return tuple(definition for name, definition in DEFINITIONS.items() if not names or name in names)


def trigger(times: Times) -> BaseTrigger:
    """The scheduler's trigger for these times."""
    match times:
        case Every(seconds=seconds):
            return IntervalTrigger(seconds=seconds)
        case EveryMinute(second=second):
            return CronTrigger(second=second, timezone=UTC)
        case Daily(hour=hour, minute=minute):
            return CronTrigger(hour=hour, minute=minute, timezone=UTC)
        case _:
            assert_never(times)


@asynccontextmanager
async def running(
    stores: Stores, definitions: Collection[Definition] = tuple(DEFINITIONS.values())
) -> AsyncIterator[None]:
    """Runs the pipelines at their times while the body runs, then stops the runs in progress.

    A pipeline whose time has passed since its last success runs at the start. A time that comes while the same pipeline
    still runs is skipped: every run does all work that is due. The gauges cover all pipelines. Raises
    MisconfiguredError in a group when an engine refuses a setting's value.
    """
    schedule, successes, now = _Schedule(stores), await _last_successes(stores), datetime.now(UTC)
    for definition in definitions:
        schedule.add(definition, successes.get(definition.name), now)
    schedule.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(schedule.raise_misconfiguration())
            yield
            watching.cancel()
    finally:
        await schedule.stop()


class _Schedule:
    """Runs pipelines at their times and measures the gauges, between `start` and `stop`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._tasks: set[asyncio.Task[Any]] = set()  # the gauges' and the runs in progress
        self._misconfigured: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def add(self, definition: Definition, last_success: datetime | None, now: datetime) -> None:
        fire_times = trigger(definition.times)
        self._scheduler.add_job(
            self._run,
            fire_times,
            args=[definition.name],
            id=definition.name,
            next_run_time=first_run_time(fire_times, last_success, now),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()
        self._task(_measure(self._stores), "gauges")

    async def stop(self) -> None:
        """Cancels the runs in progress and waits for their end."""
        self._scheduler.pause()
        ending = tuple(self._tasks)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self._scheduler.shutdown(wait=False)

    async def raise_misconfiguration(self) -> None:
        """Waits for a run that finds a misconfiguration, and raises its error."""
        await self._misconfigured

    async def _run(self, name: str) -> None:
        """Runs a pipeline. A failed one runs again soon."""
        run = self._task(_attempt(self._stores, name), name)
        await asyncio.wait([run])
        if run.cancelled():
            return
        if fault := run.exception():
            if not self._misconfigured.done():
                self._misconfigured.set_exception(fault)
        elif not run.result():
            self._retry_soon(name)

    def _retry_soon(self, name: str) -> None:
        job = self._scheduler.get_job(name)
        if job is not None:  # otherwise the scheduler stops
            job.modify(next_run_time=min(job.next_run_time, datetime.now(UTC) + RETRY))

    def _task(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def first_run_time(fire_times: BaseTrigger, last_success: datetime | None, now: datetime) -> datetime:
    """When a pipeline runs first: now if one of its times has passed since its last success, else at its next time."""
    if last_success is None:
        return now
    due: datetime = fire_times.get_next_fire_time(last_success, last_success)
    return max(due, now)


async def _last_successes(stores: Stores) -> Mapping[str, datetime]:
    """When each pipeline last succeeded; empty while PostgreSQL is unavailable, so that every pipeline is tried.

    Raises MisconfiguredError if a setting is the cause.
    """
    try:
        return await runs.last_successes(stores)
    except Exception as error:  # classified by fault_of and is_unavailable
        if fault := fault_of(error):
            raise fault from error
        if not is_unavailable(error):
            raise
        return {}


async def _attempt(stores: Stores, name: str) -> bool:
    """Runs a pipeline; whether it is done for this time. Failures are in the log and in `anlyt.pipeline_runs`.

    Raises MisconfiguredError if a setting is the cause.
    """
    try:
        await runs.run(stores, name)
    except Exception as error:  # classified by fault_of and _is_done
        if fault := fault_of(error):
            raise fault from error
        return _is_done(name, error)
    return True


def _is_done(name: str, error: Exception) -> bool:
    """Logs how a run ended; returns whether the pipeline is done for this time."""
    match error:
        case PipelineBusyError():
            logger().info("pipeline is running elsewhere", pipeline=name)
            return True
        case runs.PipelineAlarmError():
            logger().warning("pipeline raised an alarm", pipeline=name, why=str(error))
            return True
        case DependencyUnavailableError():
            logger().warning("pipeline has to wait", pipeline=name, why=str(error))
        case runs.PipelineFailedError():
            pass  # logged where it was raised
        case _:
            logger().error("pipeline could not be run", pipeline=name, exc_info=error)
    return False


async def _measure(stores: Stores) -> None:
    """Updates the gauges until it is cancelled; skips those of a store that is unavailable."""
    GAUGES_MEASURED.labels("pipelines")  # 0 until the first time: an absent series raises no alert
    while True:
        if all([await measured(stores, measure) for measure in MEASURES]):
            GAUGES_MEASURED.labels("pipelines").set_to_current_time()
        await asyncio.sleep(MEASURE_EVERY)


async def measured(stores: Stores, measure: Measure) -> bool:
    """Runs a measurement; whether its store was available."""
    try:
        await measure(stores)
    except FAILURES:
        return False
    except Exception as error:  # the pipelines themselves report a misconfiguration
        if not is_unavailable(error) and fault_of(error) is None:
            logger().exception("gauges could not be measured")
        return False
    return True
