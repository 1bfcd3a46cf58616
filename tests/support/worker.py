"""Worker processes that run the service as `anlyt ingest` does, to be stopped and killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from random import Random

import uvloop

from functions import FACTS, METRICS
from infra.endpoints import Engines
from infra.errors import DependencyUnavailableError
from infra.telemetry import configure_logs
from ingest import service
from tests.support.forked import FORK
from tests.support.platform import unlimited_guards, with_batch


def run(engines: Engines, batch: int) -> None:
    """Runs the functions of ClickHouse if it is given, else those of PostgreSQL, until SIGTERM.

    Batches have at most `batch` events. Exits with EX_TEMPFAIL if an engine is unreachable at the start.
    """
    configure_logs("json")
    try:
        uvloop.run(_run(engines, batch))
    except DependencyUnavailableError:
        sys.exit(os.EX_TEMPFAIL)


async def _run(engines: Engines, batch: int) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    functions = [with_batch(function, batch) for function in (FACTS if engines.clickhouse else METRICS)]
    async with service.running(engines, functions, "USD", unlimited_guards(functions)):
        await stop.wait()


class WorkerPool:
    """The workers of one platform, and the supervisor that restarts them."""

    def __init__(self, engines: Engines, random: Random, size: int) -> None:
        self._engines, self._random = engines, random
        self._members = [self._start() for _ in range(size)]

    async def kill_one(self) -> None:
        """Kills one worker with SIGKILL at any point of its work, and starts another."""
        place = self._random.randrange(len(self._members))
        victim = self._members[place]
        victim.kill()
        await wait_for_exit(victim)
        self._members[place] = self._start()

    async def restart_one(self) -> None:
        """Starts a new worker and stops one with SIGTERM, which finishes its batch and returns the rest."""
        place = self._random.randrange(len(self._members))
        stopped = self._members[place]
        self._members[place] = self._start()
        await _stop(stopped)

    async def supervise(self) -> None:
        """Restarts workers that found an engine unreachable at their start. Fails if one ends for another reason."""
        while True:
            for place, member in enumerate(self._members):
                if member.exitcode == os.EX_TEMPFAIL:
                    self._members[place] = self._start()
                assert member.exitcode in {None, os.EX_TEMPFAIL, -signal.SIGKILL}
            await asyncio.sleep(0.05)

    async def stop_all(self) -> None:
        """Stops all workers with SIGTERM. Fails unless each exits cleanly."""
        await asyncio.gather(*map(_stop, self._members))

    def kill(self) -> None:
        for member in self._members:
            member.kill()

    def _start(self) -> BaseProcess:
        batch = self._random.choice([20, 200, 1000, 5000])
        member = FORK.Process(target=run, args=(self._engines, batch))
        member.start()
        return member


@asynccontextmanager
async def worker_pool(
    nats: str, dsn: str, random: Random, size: int, clickhouse: str = ""
) -> AsyncIterator[WorkerPool]:
    """Runs `size` workers during the body, and stops them afterwards."""
    pool = WorkerPool(Engines(nats, dsn, clickhouse), random, size)
    try:
        async with asyncio.TaskGroup() as tasks:
            supervisor = tasks.create_task(pool.supervise())
            yield pool
            supervisor.cancel()
        await pool.stop_all()
    finally:
        pool.kill()


async def _stop(member: BaseProcess) -> None:
    """Stops a worker. The signal itself ends one that has not set its handler yet."""
    member.terminate()
    assert await wait_for_exit(member) in {0, -signal.SIGTERM, os.EX_TEMPFAIL}


async def wait_for_exit(member: BaseProcess) -> int:
    # Polls instead of join() in a thread: only one thread may query the exit status of a process.
    while (status := member.exitcode) is None:
        await asyncio.sleep(0.005)
    return status
