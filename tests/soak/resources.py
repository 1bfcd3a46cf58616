"""What a run takes: memory, file handles and connections of each part, and the disk."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, median
from typing import Final

import psutil

from tests.soak.deployment import Deployment

EVERY: Final = 2.0  # seconds
MEGABYTE: Final = 1 << 20
SHARE: Final = 0.1  # of a run, whose samples are the first, or the last
WARM: Final = 0.2  # of a run, until caches are filled and pools have their connections
# The last may be so many times the first, and so much more.
FACTOR: Final = 2.0
SLACK: Final = {"MB": 300.0, "handles": 200.0, "connections": 60.0}


@dataclass(frozen=True, slots=True)
class Trend:
    """One figure, once it is warm.

    `first`, `last`: the medians of the first and of the last samples. `slope`: per hour.
    """

    name: str
    unit: str
    first: float
    last: float
    most: float
    slope: float

    @property
    def is_flat(self) -> bool:
        return self.last <= FACTOR * self.first + SLACK.get(self.unit, float("inf"))


@dataclass
class Resources:
    """`samples`: (seconds, value) by name and unit."""

    deployment: Deployment
    samples: dict[tuple[str, str], list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    async def watch(self) -> None:
        """Takes samples until it is cancelled."""
        while True:
            await asyncio.to_thread(self._sample)
            await asyncio.sleep(EVERY)

    def trends(self) -> Sequence[Trend]:
        return [_trend(name, unit, samples) for (name, unit), samples in sorted(self.samples.items())]

    def disk(self) -> int:
        """The bytes of the engines' folders."""
        return sum(_size(each.folder) for each in self.deployment.engines.values())

    def _sample(self) -> None:
        now = time.monotonic()
        for name, processes in self.deployment.parts().items():
            for unit, value in _measured(processes).items():
                self.samples[name, unit].append((now, value))


def _measured(processes: Sequence[psutil.Process]) -> Mapping[str, float]:
    """Nothing while the part is away: the processes may end at any point."""
    try:
        return {
            "MB": sum(each.memory_info().rss for each in processes) / MEGABYTE,
            "handles": sum(each.num_fds() for each in processes),
            "connections": sum(len(each.net_connections("tcp")) for each in processes),
        }
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return {}


def _trend(name: str, unit: str, samples: Sequence[tuple[float, float]]) -> Trend:
    samples = samples[round(len(samples) * WARM) :]
    values = [value for _, value in samples if value]
    part = max(round(len(values) * SHARE), 1)
    slope = linear_regression(*zip(*samples, strict=True)).slope * 3600 if len(samples) > 1 else 0.0
    return Trend(name, unit, median(values[:part] or [0]), median(values[-part:] or [0]), max(values or [0]), slope)


def _size(folder: Path) -> int:
    def files() -> Iterator[int]:
        for path in folder.rglob("*"):
            try:
                yield path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:
                continue

    return sum(files())
