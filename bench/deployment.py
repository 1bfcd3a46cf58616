"""A deployment for measurements under load: one process per function, the API, and the pipelines."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Final

import msgspec
from nats.aio.client import Client

from bench.host import behind
from bench.processes import NO_SETTINGS, Running, cpu_seconds, running
from bench.stores import Stores
from functions.delivery_metrics import delivery_metrics
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction

FUNCTIONS: Final[Sequence[AnyFunction]] = (delivery_metrics, dlr_facts)  # both read delivery reports


@dataclass(frozen=True)
class Deployment:
    """`url`: the API's. `pids`: of each part, by its name. `log`: what the product's processes log."""

    stores: Stores
    url: str
    pids: Mapping[str, int]
    log: Path

    def cpu(self) -> dict[str, float]:
        """The CPU seconds of each part so far, this process included."""
        return {**{name: cpu_seconds([pid]) for name, pid in self.pids.items()}, "bench": process_time()}

    def show_warnings(self) -> None:
        """Prints how often each warning and error was logged."""
        lines = [msgspec.json.decode(line) for line in self.log.read_bytes().splitlines() if line.startswith(b"{")]
        found = Counter(
            ", ".join(str(line[key]) for key in ("level", "message", "pipeline", "function", "error") if key in line)
            for line in lines
            if line["level"] != "info"
        )
        for sentence, times in found.most_common():
            print(f"logged {times} times: {sentence}")


@asynccontextmanager
async def deployed(
    engines: Stores, folder: Path, settings: Mapping[str, str] = NO_SETTINGS
) -> AsyncIterator[Deployment]:
    """Runs the product's processes, which log into `folder`. Each must live until the end."""
    path = folder / "product.log"
    common = {**engines.settings(), "ANLYT_LOG_FORMAT": "json", **settings}
    async with AsyncExitStack() as opened:
        log = opened.enter_context(path.open("wb"))

        async def start(*command: str) -> Running:
            return await opened.enter_async_context(running(("anlyt", *command), common, log=log))

        workers = {each.name: (await start("ingest", "--function", each.name)).pid for each in FUNCTIONS}
        schedule, api = await start("schedule"), await start("api")
        parts = {"NATS": engines.nats.pid, "PostgreSQL": engines.postgres.pid, "ClickHouse": engines.clickhouse.pid}
        pids = {**workers, "api": api.pid, "schedule": schedule.pid, **parts}
        yield Deployment(engines, api.url, pids, path)


async def caught_up(client: Client, patience: float) -> float:
    """The seconds until all events are acknowledged. Raises TimeoutError after `patience` seconds."""
    began = perf_counter()
    async with asyncio.timeout(patience):
        while any([await behind(client, function) for function in FUNCTIONS]):
            await asyncio.sleep(0.1)
    return perf_counter() - began
