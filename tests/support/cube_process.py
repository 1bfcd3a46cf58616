"""A process that runs the pipeline `cubes` in a loop, until it is killed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.process import BaseProcess

from infra.clickhouse_errors import FAILURES
from infra.endpoints import Engines
from infra.errors import AnlytError
from infra.telemetry import configure_logs
from pipelines import runs
from pipelines.stores import open_stores
from tests.support.forked import FORK
from tests.support.worker import wait_for_exit


def run(engines: Engines) -> None:
    configure_logs("json")
    asyncio.run(_run(engines))


async def _run(engines: Engines) -> None:
    async with open_stores(engines) as stores:
        while True:
            # The killed process may still hold the lease, or an engine may be down.
            with suppress(AnlytError, *FAILURES):
                await runs.run(stores, "cubes", {"chunk": "40"})
            await asyncio.sleep(0.01)


class CubeProcess:
    """One process at a time, which can be replaced."""

    def __init__(self, engines: Engines) -> None:
        self._engines, self._process = engines, self._started(engines)

    async def replace(self) -> None:
        """Kills the process with SIGKILL at any point of its work, and starts another."""
        self._process.kill()
        await wait_for_exit(self._process)
        self._process = self._started(self._engines)

    async def stop(self) -> None:
        assert self._process.exitcode is None
        self._process.kill()
        await wait_for_exit(self._process)

    def _started(self, engines: Engines) -> BaseProcess:
        process = FORK.Process(target=run, args=(engines,))
        process.start()
        return process


@asynccontextmanager
async def cube_process(engines: Engines) -> AsyncIterator[CubeProcess]:
    working = CubeProcess(engines)
    try:
        yield working
    finally:
        await working.stop()
