"""Works on exports in the background, one at a time; any number of processes may do so."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from graph.audit.exports.jobs import Export, Jobs, LostClaimError
from graph.audit.exports.objects import Objects
from graph.audit.exports.writer import Writer
from graph.errors import ApiError
from graph.http.problems import as_problem
from infra.errors import DependencyUnavailableError
from infra.metrics import AUDIT_EXPORTS
from infra.telemetry import logger

MOST_RUNNING: Final = 2  # of one caller, over all processes


@dataclass(frozen=True, slots=True)
class Pace:
    """In what steps, and with which pauses (seconds), exports are worked on."""

    lease: float = 30  # for which a claim holds
    renewal: float = 5
    idle: float = 2  # when there is nothing to do
    retry: float = 5  # before what an engine kept from being done
    rows_a_file: int = 1_000_000


PACE: Final = Pace()


class Runner:
    """One for a process."""

    def __init__(self, jobs: Jobs, writer: Writer, objects: Objects, pace: Pace) -> None:
        self._jobs, self._writer, self._objects, self._pace = jobs, writer, objects, pace

    async def run(self) -> None:
        """Until it is cancelled; then what it works on is left to others."""
        while True:
            pause = self._pace.idle
            try:
                while await self._turn():
                    pass
            except DependencyUnavailableError as error:
                logger().warning("exports wait", why=str(error))
                pause = self._pace.retry
            except Exception as error:  # whatever it is, other exports go on
                logger().error("exports failed", exc_info=error)
                pause = self._pace.retry
            await asyncio.sleep(pause)

    async def _turn(self) -> bool:
        """Whether there was something to do."""
        job = await self._jobs.claim(MOST_RUNNING)
        if job is not None:
            await self._work(job)
        return await self._tidy() or job is not None

    async def _work(self, job: Export) -> None:
        """Whatever becomes of it is written down."""
        try:
            await self._while_ours(job)
        except LostClaimError:
            await self._jobs.let_go(job)
        except DependencyUnavailableError as error:
            logger().warning("export waits", export=str(job.id), why=str(error))
            await self._jobs.put_back(job, as_problem(error, "").detail, timedelta(seconds=self._pace.retry))
        except asyncio.CancelledError:
            with suppress(DependencyUnavailableError):
                await self._jobs.put_back(job, None, timedelta())
            raise
        except Exception as error:  # told in the job's status
            await self._fail(job, error)
        else:
            AUDIT_EXPORTS.labels("done").inc()

    async def _while_ours(self, job: Export) -> None:
        """Writes, renewing the claim meanwhile; ends the writing when the claim is lost."""
        writing = asyncio.ensure_future(self._writer.write(job))
        try:
            while not (await asyncio.wait([writing], timeout=self._pace.renewal))[0]:
                # While PostgreSQL is away, nobody else can take the export either.
                with suppress(DependencyUnavailableError):
                    await self._jobs.renew(job)
            await writing
        finally:
            writing.cancel()
            await asyncio.wait([writing])

    async def _fail(self, job: Export, error: Exception) -> None:
        """In the caller's words if it can mend it, in the log if we have to."""
        told = isinstance(error, ApiError)
        reason = str(error) if told else "Something failed on our side; the log has more under this export's id."
        logger().error("export failed", export=str(job.id), exc_info=None if told else error)
        await self._jobs.fail(job, reason)
        AUDIT_EXPORTS.labels("failed").inc()

    async def _tidy(self) -> bool:
        """Ends the time of exports, and deletes the files of one that nobody shall have."""
        if expired := await self._jobs.expire():
            AUDIT_EXPORTS.labels("expired").inc(expired)
        id_ = await self._jobs.unpurged()
        if id_ is None:
            return False
        await self._objects.delete_all(str(id_))
        await self._jobs.mark_purged(id_)
        return True
