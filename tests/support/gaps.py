"""Measures for how long a fault stops ingest: from the fault until each function commits a newer event."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median
from typing import Final

from functions.function import AnyFunction
from ingest.outcomes import Refusal
from ingest.sink import Events, Result, Results, Sink
from tests.support.platform import Platform

PATIENCE: Final = 120  # seconds until ingest has to go on after a fault, on a busy machine


@dataclass(frozen=True)
class WatchedSink:
    """A sink that notes, per commit, when it ended and when the stream stored its newest event: both are UNIX times."""

    sink: Sink
    commits: list[tuple[float, float]]

    @property
    def results(self) -> Sequence[Result]:
        return self.sink.results

    async def begin(self, function: AnyFunction, stream_made_at: datetime) -> None:
        await self.sink.begin(function, stream_made_at)

    async def commit(self, function: AnyFunction, events: Events, refused: Sequence[Refusal] = ()) -> Results:
        results = await self.sink.commit(function, events, refused)
        if events:
            self.commits.append((time.time(), max(stamped.stored for stamped in events) / 1e9))
        return results


@dataclass(frozen=True)
class Gaps:
    """The commits of each function, and the gaps in seconds that each kind of fault made."""

    commits: Mapping[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    seconds: Mapping[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def measure(self, kind: str, fault: float) -> None:
        """Waits until every function has committed an event that was stored after the fault; notes the longest gap."""
        async with asyncio.timeout(PATIENCE):
            waits = [self._until_newer(name, fault) for name in self.commits]
            ended = await asyncio.gather(*waits)
            self.seconds[kind].append(max(ended) - fault)

    async def _until_newer(self, function: str, fault: float) -> float:
        while True:
            for ended, stored in self.commits[function]:
                if stored > fault:
                    return ended
            await asyncio.sleep(0.02)

    def lines(self) -> Sequence[str]:
        """One line per kind of fault: how often it happened, and the median and the longest gap."""
        return [
            f"{kind}: {len(each)} times; ingest goes on after {median(each):.1f} s (median), {max(each):.1f} s (worst)"
            for kind, each in sorted(self.seconds.items())
        ]


@asynccontextmanager
async def watched_workers(platform: Platform, *functions: AnyFunction) -> AsyncIterator[Gaps]:
    """Runs one worker per function during the body, and watches what they commit."""
    stop, gaps = asyncio.Event(), Gaps()
    async with asyncio.TaskGroup() as tasks:
        for function in functions:
            worker = platform.worker(function, stop)
            watched = WatchedSink(worker.sink, gaps.commits[function.name])
            tasks.create_task(replace(worker, sink=watched).run())
        try:
            yield gaps
        finally:
            stop.set()
