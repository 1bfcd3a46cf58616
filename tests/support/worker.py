"""Worker processes of their own, to be stopped and killed: the service as `anlyt ingest` runs it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.process import BaseProcess
from random import Random

import pyarrow as pa
import uvloop

from functions import FACTS, METRICS
from infra.endpoints import Engines
from infra.errors import DependencyUnavailableError
from infra.telemetry import configure_logs
from ingest import service
from tests.support.forked import FORK
from tests.support.platform import unlimited_guards, with_batch

pa.array([0])  # with its first array, pyarrow imports pandas


def run(engines: Engines, batch: int) -> None:
    """The functions of ClickHouse if there is one, else those of PostgreSQL, until SIGTERM.

    Batches hold at most `batch`; EX_TEMPFAIL if an engine is away at the start.
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
    """Workers of one platform, and the supervisor that starts them again."""

    def __init__(self, engines: Engines, random: Random, size: int) -> None:
        self._engines, self._random = engines, random
        self._members = [self._hired() for _ in range(size)]

    async def kill_one(self) -> None:
        """-9, in the middle of whatever it does; another takes its place."""
        place = self._random.randrange(len(self._members))
        victim = self._members[place]
        victim.kill()
        await wait_for_exit(victim)
        self._members[place] = self._hired()

    async def restart_one(self) -> None:
        """SIGTERM: it finishes its batch and gives back the rest; another takes its place."""
        place = self._random.randrange(len(self._members))
        relieved = self._members[place]
        self._members[place] = self._hired()
        await _in_order(relieved)

    async def supervise(self) -> None:
        """Whoever found an engine away when it began is replaced; whoever ends for another reason is an error."""
        while True:
            for place, member in enumerate(self._members):
                if member.exitcode == os.EX_TEMPFAIL:
                    self._members[place] = self._hired()
                assert member.exitcode in {None, os.EX_TEMPFAIL, -signal.SIGKILL}
            await asyncio.sleep(0.05)

    async def stop_all(self) -> None:
        """SIGTERM for all; each ends in order."""
        await asyncio.gather(*map(_in_order, self._members))

    def kill(self) -> None:
        for member in self._members:
            member.kill()

    def _hired(self) -> BaseProcess:
        batch = self._random.choice([20, 200, 1000, 5000])
        member = FORK.Process(target=run, args=(self._engines, batch))
        member.start()
        return member


@asynccontextmanager
async def worker_pool(
    nats: str, dsn: str, random: Random, size: int, clickhouse: str = ""
) -> AsyncIterator[WorkerPool]:
    """`size` workers, until the body ends: then all are stopped."""
    hired = WorkerPool(Engines(nats, dsn, clickhouse), random, size)
    try:
        async with asyncio.TaskGroup() as tasks:
            supervisor = tasks.create_task(hired.supervise())
            yield hired
            supervisor.cancel()
        await hired.stop_all()
    finally:
        hired.kill()


async def _in_order(member: BaseProcess) -> None:
    """The signal itself ends one that has not begun."""
    member.terminate()
    assert await wait_for_exit(member) in {0, -signal.SIGTERM, os.EX_TEMPFAIL}


async def wait_for_exit(member: BaseProcess) -> int:
    # Not join() in a thread: a process may be asked for its exit status by one thread only.
    while (status := member.exitcode) is None:
        await asyncio.sleep(0.005)
    return status
