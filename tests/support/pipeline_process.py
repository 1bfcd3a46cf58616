"""A process that runs pipelines in a loop, until it is killed."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess

from infra.endpoints import Engines
from infra.errors import AnlytError
from infra.telemetry import configure_logs
from pipelines import runs
from pipelines.stores import open_stores
from tests.support.forked import FORK


def run(engines: Engines, names: Sequence[str], dedup_days: int) -> None:
    configure_logs("json")
    asyncio.run(_run(engines, names, dedup_days))


async def _run(engines: Engines, names: Sequence[str], dedup_days: int) -> None:
    async with open_stores(engines, dedup_days=dedup_days) as stores:
        while True:
            for name in names:
                with suppress(AnlytError):  # an alarm, or the killed process still holds the lease
                    await runs.run(stores, name)


async def killed_after(seconds: float, engines: Engines, names: Sequence[str], dedup_days: int) -> None:
    """Runs pipelines in a process, and kills it with SIGKILL after `seconds`, at any point of its work."""
    process: BaseProcess = FORK.Process(target=run, args=(engines, names, dedup_days))
    process.start()
    await asyncio.sleep(seconds)
    assert process.exitcode is None
    process.kill()
    while process.exitcode is None:
        await asyncio.sleep(0.005)
