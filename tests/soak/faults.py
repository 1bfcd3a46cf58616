"""What breaks during a run: processes, engines and networks are killed, frozen and restarted."""

import asyncio
import signal
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from statistics import median
from typing import Final

from infra.embedded.engine import Engine
from tests.soak.acknowledged import Acknowledged
from tests.soak.deployment import OTHERS, WORKERS, Deployment
from tests.soak.plan import Plan
from tests.soak.supervised import Supervised
from tests.support.chaos import frozen

FROZEN: Final = (0.5, 5.0)  # seconds, at least and at most
AWAY: Final = (0.0, 3.0)  # seconds for which a killed engine stays away

Fault = Callable[[Random], Awaitable[None]]
Action = Callable[[Supervised, Random], Awaitable[None]]


@dataclass
class Faults:
    """`gaps`: by kind, the seconds from each fault until every function acknowledged newer events."""

    deployment: Deployment
    acknowledged: Acknowledged
    gaps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def kinds(self) -> Mapping[str, Fault]:
        """What happens, by its name."""
        return dict([*self._of_services(), *self._of_engines(), *self._of_networks()])

    async def happen(self, random: Random, plan: Plan, load: asyncio.Event) -> None:
        """Lets faults happen, each kind as often as the others, while there is load, and `plan.faults` at least."""
        kinds, left, count = self.kinds(), list[str](), 0
        async with asyncio.TaskGroup() as measuring:
            while load.is_set() or count < plan.faults:
                await asyncio.sleep(random.expovariate(1 / plan.pause))
                left = left or random.sample(sorted(kinds), len(kinds))
                kind, began = left.pop(), time.time()
                await kinds[kind](random)
                count += 1
                measuring.create_task(self._measure(kind, began, load))

    def rows(self) -> Sequence[tuple[str, int, float, float]]:
        """The kinds that happened: name, number, median gap, longest gap."""
        return [(kind, len(each), median(each), max(each)) for kind, each in sorted(self.gaps.items())]

    async def _measure(self, kind: str, began: float, load: asyncio.Event) -> None:
        """Notes the gap, unless the load ends before: then nothing newer can be acknowledged."""
        newer = asyncio.create_task(self.acknowledged.wait_for_newer_than(began))
        ended = asyncio.create_task(_until_cleared(load))
        await asyncio.wait([newer, ended], return_when=asyncio.FIRST_COMPLETED)
        self.gaps[kind].append(time.time() - began)
        for task in (newer, ended):
            task.cancel()

    def _of_services(self) -> Iterator[tuple[str, Fault]]:
        services = self.deployment.services
        for kind, names in {"ingest": WORKERS, **{name: (name,) for name in OTHERS}}.items():
            members = [services[name] for name in names]
            yield f"{kind} killed", partial(_on_one, members, _kill_process)
            yield f"{kind} restarted", partial(_on_one, members, _restart_process)
            yield f"{kind} frozen", partial(_on_one, members, _freeze_process)

    def _of_engines(self) -> Iterator[tuple[str, Fault]]:
        for name, each in self.deployment.engines.items():
            yield f"{name} killed", partial(_kill, each)
            yield f"{name} frozen", partial(_freeze, each)

    def _of_networks(self) -> Iterator[tuple[str, Fault]]:
        for name, each in self.deployment.proxies.items():
            yield f"network to {name} cut", partial(_on_one, [each], _kill_process)
            yield f"network to {name} delayed", partial(_on_one, [each], _freeze_process)


async def _on_one(members: Sequence[Supervised], action: Action, random: Random) -> None:
    await action(random.choice(members), random)


async def _kill_process(process: Supervised, random: Random) -> None:
    process.end(signal.SIGKILL)


async def _restart_process(process: Supervised, random: Random) -> None:
    process.end(signal.SIGTERM)


async def _freeze_process(process: Supervised, random: Random) -> None:
    await process.freeze(random.uniform(*FROZEN))


async def _kill(engine: Engine, random: Random) -> None:
    await engine.kill()
    await asyncio.sleep(random.uniform(*AWAY))
    await engine.start()


async def _freeze(engine: Engine, random: Random) -> None:
    with frozen(engine):
        await asyncio.sleep(random.uniform(*FROZEN))


async def _until_cleared(event: asyncio.Event) -> None:
    while event.is_set():
        await asyncio.sleep(0.1)
