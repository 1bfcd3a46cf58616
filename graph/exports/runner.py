"""Writes exports in the background, one at a time per process. Any number of processes may run."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic
from uuid import UUID

from prometheus_client import Counter

from graph.errors import ApiError, RateLimitedError
from graph.exports.jobs import J, Jobs, LostClaimError
from graph.exports.objects import Objects
from graph.http.problems import as_problem
from infra.errors import DependencyUnavailableError, MisconfiguredError
from infra.telemetry import logger

MAX_RUNNING: Final = 2  # per owner, in all processes together
MAX_INTERRUPTIONS: Final = 10  # processes that may die while they write one export: it may be what kills them


@dataclass(frozen=True, slots=True)
class Pace:
    """The intervals of the work on exports, in seconds, and the size of files."""

    lease: float = 30  # a claim without renewal ends after it
    renewal: float = 5
    idle: float = 2  # pause without work
    retry: float = 5  # pause after an engine was unavailable
    refused: float = 3_600  # pause after S3 refused to delete an export's files
    rows_per_file: int = 1_000_000


PACE: Final = Pace()


class Runner(Generic[J]):
    """Claims and writes the exports of a table. A process has one per table.

    `write` writes one export; `ended` counts exports by result.
    """

    def __init__(
        self, jobs: Jobs[J], write: Callable[[J], Awaitable[None]], objects: Objects, pace: Pace, ended: Counter
    ) -> None:
        self._jobs, self._write_files, self._objects, self._pace, self._ended = jobs, write, objects, pace, ended

    async def run(self) -> None:
        """Runs until it is cancelled. Then it requeues the export that it works on."""
        while True:
            pause = self._pace.idle
            try:
                while await self._step():
                    pass
            except DependencyUnavailableError as error:
                logger().warning("exports wait", why=str(error))
                pause = self._pace.retry
            except Exception as error:  # an unexpected error must not stop other exports
                logger().error("exports failed", exc_info=error)
                pause = self._pace.retry
            await asyncio.sleep(pause)

    async def _step(self) -> bool:
        """Does the next piece of work. Returns whether there was any."""
        job = await self._jobs.claim(MAX_RUNNING)
        if job is not None:
            await self._work(job)
        return await self._clean_up() or job is not None

    async def _work(self, job: J) -> None:
        """Writes an export and stores the outcome."""
        try:
            await self._write(job)
        except LostClaimError:
            await self._jobs.release(job)
        except (DependencyUnavailableError, RateLimitedError) as error:
            logger().warning("export waits", export=str(job.id), why=str(error))
            await self._jobs.requeue(job, as_problem(error, "").detail, timedelta(seconds=self._pace.retry))
        except asyncio.CancelledError:
            with suppress(DependencyUnavailableError):
                await self._jobs.requeue(job, None, timedelta())
            raise
        except Exception as error:  # becomes the export's reason
            await self._fail(job, error)
        else:
            self._ended.labels("done").inc()

    async def _write(self, job: J) -> None:
        """Writes an export and renews its claim meanwhile. Stops when the claim is lost."""
        if job.interruptions > MAX_INTERRUPTIONS:
            raise RuntimeError(f"{job.interruptions} processes ended while they wrote it")
        writing = asyncio.ensure_future(self._write_files(job))
        try:
            while not (await asyncio.wait([writing], timeout=self._pace.renewal))[0]:
                # While PostgreSQL is unavailable, no other process can claim the export.
                with suppress(DependencyUnavailableError):
                    await self._jobs.renew(job)
            await writing
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    async def _fail(self, job: J, error: Exception) -> None:
        """Sets the export to failed. A caller's mistake becomes its reason; other errors are logged."""
        is_callers = isinstance(error, ApiError)
        reason = (
            str(error) if is_callers else "An internal error occurred; the service's log has it under this export's id."
        )
        logger().error("export failed", export=str(job.id), exc_info=None if is_callers else error)
        await self._jobs.fail(job, reason)
        self._ended.labels("failed").inc()

    async def _clean_up(self) -> bool:
        """Expires exports, and deletes the files of one that has ended without them. Returns whether it deleted any."""
        if expired := await self._jobs.expire():
            self._ended.labels("expired").inc(expired)
        id_ = await self._jobs.unpurged()
        if id_ is None:
            return False
        await self._purge(id_)
        return True

    async def _purge(self, id_: UUID) -> None:
        """Deletes the files of an export. If S3 refuses it, the next attempt is later, and others are not held up."""
        try:
            await self._objects.delete_all(str(id_))
        except MisconfiguredError as error:
            logger().error("S3 refuses to delete an export's files", export=str(id_), why=str(error))
            await self._jobs.postpone_purge(id_, timedelta(seconds=self._pace.refused))
        else:
            await self._jobs.mark_purged(id_)
