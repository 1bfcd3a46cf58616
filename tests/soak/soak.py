"""One run: load, questions, pipelines and faults at the same time; then everything is compared."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from functions import FUNCTIONS
from schema.streams import Stream
from tests.soak.acknowledged import acknowledgements
from tests.soak.callers import Callers, callers
from tests.soak.deployment import Deployment, deployment
from tests.soak.faults import Faults
from tests.soak.journal import Journal, open_journal
from tests.soak.load import produce
from tests.soak.plan import Plan
from tests.soak.resources import Resources, Trend
from tests.soak.verdict import differences, drain, settle
from tests.support.chaos import make_short_ack_consumers
from tests.support.platform import Platform, open_platform
from tests.support.traffic import MAKERS

# The pipelines of a day, which `anlyt schedule` runs by the machine's clock, run so often while the events' day passes.
OF_A_DAY: Final = ("maintenance", "rollup", "archive", "integrity")
ROUNDS: Final = 4
LONG: Final = 600.0  # seconds from which a trend says something

Show = Callable[[str], None]


@dataclass
class Report:
    """What happened. `ends`: processes that ended by themselves, by name and status. `runs`: pipelines by success."""

    seconds: float = 0.0
    messages: int = 0
    gaps: Sequence[tuple[str, int, float, float]] = ()
    answers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    exports: int = 0
    ends: Counter[tuple[str, int]] = field(default_factory=Counter)
    runs: Counter[tuple[str, bool]] = field(default_factory=Counter)
    trends: Sequence[Trend] = ()
    disk: int = 0
    differences: Sequence[str] = ()

    @property
    def faults(self) -> int:
        return sum(number for _, number, _, _ in self.gaps)


@dataclass(frozen=True)
class Soak:
    """A run's parts."""

    plan: Plan
    running: Deployment
    platform: Platform
    journal: Journal
    callers: Callers
    faults: Faults
    resources: Resources
    show: Show
    runs: Counter[tuple[str, bool]] = field(default_factory=Counter)

    async def run(self) -> Report:
        began = time.monotonic()
        await self._load()
        self.show("the load has ended; the rest is processed")
        await drain(self.platform)
        await self.running.services["schedule"].stop()
        unsettled = await settle(self.running)
        trends, disk = self.resources.trends(), self.resources.disk()
        self.show("everything is compared")
        different = await differences(self.running, self.platform, self.journal, self.callers)
        is_long = self.plan.seconds >= LONG
        grown = [
            f"{each.name} grows from {each.first:.0f} to {each.last:.0f} {each.unit}"
            for each in trends
            if is_long and not each.is_flat
        ]
        return Report(
            seconds=time.monotonic() - began,
            messages=self.journal.count(),
            gaps=self.faults.rows(),
            answers=self.callers.answers,
            exports=len(self.callers.exports) + len(self.callers.audit_exports),
            ends=Counter(
                {
                    (each.name, status): count
                    for each in self.running.services.values()
                    for status, count in each.ends.items()
                }
            ),
            runs=self.runs,
            trends=trends,
            disk=disk,
            differences=[*unsettled, *different, *grown],
        )

    async def _load(self) -> None:
        """All that happens at the same time, until the producers and the last fault have ended."""
        random, load = Random(self.plan.seed), asyncio.Event()
        load.set()
        async with asyncio.TaskGroup() as tasks:
            producing = [tasks.create_task(self._produce(stream, Random(random.random()))) for stream in MAKERS]
            breaking = tasks.create_task(self.faults.happen(Random(random.random()), self.plan, load))
            tasks.create_task(self._run_pipelines(load))
            watching = [
                tasks.create_task(each) for each in (self.callers.ask(), self.resources.watch(), self._progress())
            ]
            await asyncio.wait(producing)
            load.clear()
            await asyncio.wait([breaking])
            for task in watching:
                task.cancel()

    async def _produce(self, stream: Stream, random: Random) -> None:
        await produce(self.platform, random, stream, self.plan, partial(self.journal.add, stream))

    async def _run_pipelines(self, load: asyncio.Event) -> None:
        """Runs the daily pipelines by their commands, one after another. One may fail while an engine is away."""
        pause = self.plan.seconds / (ROUNDS * len(OF_A_DAY))
        for name in OF_A_DAY * ROUNDS:
            if not load.is_set():
                return
            self.runs[name, await self.running.run("pipeline", name) == 0] += 1
            await asyncio.sleep(pause)

    async def _progress(self) -> None:
        began = datetime.now(UTC)
        while True:
            now = datetime.now(UTC)
            answers = self.callers.answers.total()
            share = min((now - began) / timedelta(seconds=self.plan.seconds), 1.0)
            bar = ("#" * round(20 * share)).ljust(20, ".")
            count, wrong = sum(map(len, self.faults.gaps.values())), len(self.callers.wrong)
            clock = f"{self.plan.time_in_events(began, now):%d %b %H:%M}"
            self.show(f"[{bar}] events of {clock}, {count} faults, {answers} answers, {wrong} wrong")
            await asyncio.sleep(2)


@asynccontextmanager
async def prepared(folder: Path, plan: Plan, show: Show) -> AsyncIterator[Soak]:
    """A deployment whose processes run, ready for the load."""
    async with deployment(folder) as running:
        engines = [running.engines[name].dsn for name in ("nats", "postgres", "clickhouse")]
        day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        with open_journal(folder) as database:
            async with open_platform(*engines) as platform, callers(running, day) as asking:
                if plan.ack_wait is not None:
                    await _shorten_waits(platform, plan.ack_wait)
                for each in running.services.values():
                    each.start()
                async with acknowledgements(platform.client) as acknowledged:
                    faults = Faults(running, acknowledged)
                    journal, resources = Journal(database), Resources(running)
                    yield Soak(plan, running, platform, journal, asking, faults, resources, show)


async def soak(folder: Path, plan: Plan, show: Show) -> Report:
    """Runs the plan in the folder. `show` gets a line about every other second."""
    async with prepared(folder, plan, show) as ready:
        return await ready.run()


async def _shorten_waits(platform: Platform, seconds: float) -> None:
    """Makes the durable consumers again: what a dead worker had is redelivered after `seconds`."""
    for function in FUNCTIONS:
        await platform.jetstream.delete_consumer(function.stream.name, function.durable)
    await make_short_ack_consumers(platform, FUNCTIONS, seconds)
