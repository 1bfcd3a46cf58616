"""A process of its own that runs pipelines over and over, to be killed."""

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
                with suppress(AnlytError):  # busy: the one that was killed is not quite gone; or an alarm
                    await runs.run(stores, name)


async def killed_after(seconds: float, engines: Engines, names: Sequence[str], dedup_days: int) -> None:
    """Runs the pipelines in a process that is killed (-9) after so long, in the middle of whatever it does."""
    process: BaseProcess = FORK.Process(target=run, args=(engines, names, dedup_days))
    process.start()
    await asyncio.sleep(seconds)
    assert process.exitcode is None
    process.kill()
    while process.exitcode is None:
        await asyncio.sleep(0.005)
