"""Measures how long it takes from the publication of an event to the first answer that has it, at several rates.

Every part is a process of its own: a producer, NATS, PostgreSQL, ClickHouse, `anlyt ingest` for each of the two
functions that read delivery reports, `anlyt api` and `anlyt schedule`. Marked events are published at random instants
while the producer keeps its rate, and one connection asks for each until an answer has it: over REST, over GraphQL, by
a query that facts answer and by one that a cube answers. The highest rate is lowered to nine tenths of what the workers
take here beside the producer, which is measured first.

`probes` asks, `parts` reads what ClickHouse does with parts, `distribution` computes quantiles and draws.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Final, NamedTuple

from nats.aio.client import Client

from bench.deployment import FUNCTIONS, Deployment, caught_up, deployed
from bench.freshness.distribution import QUANTILES, picture, quantile
from bench.freshness.parts import Merged, PartWatch, merged
from bench.freshness.probes import Prober, Samples
from bench.host import behind
from bench.load import HttpClient
from bench.options import option
from bench.producer import Produced, producing
from bench.progress import say
from bench.report import Goal, show
from bench.stores import stores
from infra import nats
from infra.clickhouse import connect

EXAMPLE: Final = "python -m bench freshness --rates 0,3000 --seconds 300 --picture freshness.svg"
SPARE: Final = 0.9  # of what the workers take
REACHED: Final = 0.98  # of a rate, by producer and workers; then they take all of it
UNDER_WAY: Final = 2.0  # seconds of events that may wait at the end of a trial, in batches
PATIENCE: Final = 900.0  # seconds until an event is answered, and until the workers have caught up
ASKS: Final = 30  # per path, to measure what one costs


@dataclass(frozen=True, slots=True)
class Scale:
    rates: tuple[int, ...] = option("Events per second; 0: idle")
    seconds: float = option("Seconds per rate")
    pause: float = option("Seconds between two marked events, on average")
    warm: float = option("Seconds for which the highest rate is tried")
    seed: int = option("Seed of events and instants")
    picture: str = option("File of an SVG with the distributions")


FULL: Final = Scale((0, 100, 3_000, 20_000), 900, 0.2, 30, 19, "")
SMOKE: Final = Scale((0, 300), 2, 0.1, 1, 19, "")


class Load(NamedTuple):
    """What happened at one rate. `cpu`: seconds by part. `asking`: CPU seconds that the asking took, of all parts."""

    rate: int
    seconds: float
    produced: Produced | None
    samples: Mapping[str, Samples]
    cpu: Mapping[str, float]
    merged: Merged
    most_parts: int
    asking: float

    @property
    def title(self) -> str:
        return f"{self.rate:,} events/s" if self.rate else "idle"


async def run(folder: Path, scale: Scale) -> None:
    """Prints the distribution at each rate, the CPU time of each part, and parts and merges."""
    async with (
        stores(folder) as engines,
        nats.connect(engines.nats.url) as client,
        deployed(engines, folder) as product,
    ):
        http = await HttpClient.open(product.url)
        prober = Prober(client, http, Random(scale.seed), PATIENCE)
        await prober.settle()
        rates = [*scale.rates[:-1], await _sustained(client, product, prober, scale)]
        costs = await _costs(product, prober)
        say(f"one ask costs, in CPU ms: {', '.join(f'{name} {1e3 * cost:.1f}' for name, cost in costs.items())}")
        loads = []
        for rate in rates:
            say(f"{rate:,} events/s for {scale.seconds:g} s")
            loads.append(await _load(client, product, prober, scale, rate, costs))
        http.close()
        product.show_warnings()
    _show(scale, loads)


async def _sustained(client: Client, product: Deployment, prober: Prober, scale: Scale) -> int:
    """The highest rate, or nine tenths of what both functions take of it while marked events are asked for."""
    rate = scale.rates[-1]
    if not rate:
        return rate
    async with producing(product.stores.nats.url, rate, scale.warm, scale.seed) as producer:
        asking = asyncio.create_task(prober.run(scale.warm, scale.pause))
        produced = await producer
        waiting = max([await behind(client, function) for function in FUNCTIONS])
        await asking
    left = waiting if waiting > UNDER_WAY * rate else 0
    taken = (produced.events - left) / produced.seconds
    await caught_up(client, PATIENCE)
    say(f"of {produced.rate:,.0f} events/s, the workers took {taken:,.0f}")
    return rate if taken >= REACHED * rate else int(SPARE * taken)


async def _costs(product: Deployment, prober: Prober) -> Mapping[str, float]:
    """The CPU seconds of all parts for one ask, by path, while no events arrive."""
    costs = {}
    for path in prober.paths:
        before = sum(product.cpu().values())
        for _ in range(ASKS):
            await prober.ask(path, Samples())
        costs[path.name] = (sum(product.cpu().values()) - before) / ASKS
    return costs


async def _load(
    client: Client, product: Deployment, prober: Prober, scale: Scale, rate: int, costs: Mapping[str, float]
) -> Load:
    async with connect(product.stores.clickhouse.url) as clickhouse:
        watch = PartWatch(clickhouse)
        watching = asyncio.create_task(watch.watch())
        parts, cpu, began = await merged(clickhouse), product.cpu(), perf_counter()
        produced, samples = await _under_load(product, prober, scale, rate)
        seconds = perf_counter() - began
        spent = {name: after - cpu[name] for name, after in product.cpu().items()}
        done = (await merged(clickhouse)).since(parts)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    await caught_up(client, PATIENCE)
    asking = sum(each.asked * costs[name] for name, each in samples.items())
    return Load(rate, seconds, produced, samples, spent, done, watch.most, asking)


async def _under_load(
    product: Deployment, prober: Prober, scale: Scale, rate: int
) -> tuple[Produced | None, Mapping[str, Samples]]:
    """The samples while the producer runs. Probing ends with it, or an event would meet less load."""
    if not rate:
        return None, await prober.run(scale.seconds, scale.pause)
    async with producing(product.stores.nats.url, rate, scale.seconds, scale.seed + rate) as producer:
        samples = await prober.run(scale.seconds, scale.pause)
        return await producer, samples


def _show(scale: Scale, loads: Sequence[Load]) -> None:
    show(
        f"Seconds from an event's publication to the first answer that has it, seed {scale.seed}",
        ("load", "path", "events", "P50", "P90", "P99", "P99.9", "worst", "between answers (P50)", "refused"),
        [_row(load, name, samples) for load in loads for name, samples in load.samples.items()],
        [goal for load in loads for goal in _goals(load)],
    )
    show(
        "CPU of each part, in per cent of one core; the producer beside them",
        ("load", "published/s", "late at most, s", *loads[0].cpu, "producer", "asking, included"),
        [_cpu_row(load) for load in loads],
        [],
    )
    show(
        "Parts and merges of all tables in ClickHouse, per minute",
        ("load", "rows", "parts", "merges", "merged rows", "s in merges", "most parts of a partition"),
        [
            (load.title, *(round(each * 60 / load.seconds, 1) for each in _parts(load.merged)), load.most_parts)
            for load in loads
        ],
        [],
    )
    if scale.picture:
        panels = {load.title: {name: sorted(each.seconds) for name, each in load.samples.items()} for load in loads}
        Path(scale.picture).write_text(picture(panels))


def _row(load: Load, name: str, samples: Samples) -> Sequence[object]:
    ascending, gaps = sorted(samples.seconds), sorted(samples.gaps)
    shown = [quantile(ascending, share) for share in QUANTILES]
    figures = ["" if each is None else f"{each:.3f}" for each in [*shown, ascending[-1], quantile(gaps, 0.5)]]
    return load.title, name, len(ascending), *figures, samples.refused


def _cpu_row(load: Load) -> Sequence[object]:
    parts = [f"{100 * seconds / load.seconds:.1f}" for seconds in load.cpu.values()]
    asking = f"{100 * load.asking / load.seconds:.1f}"
    if load.produced is None:
        return load.title, 0, "", *parts, "", asking
    made = load.produced
    return load.title, round(made.rate), f"{made.late:.2f}", *parts, f"{100 * made.cpu / made.seconds:.1f}", asking


def _parts(done: Merged) -> Sequence[float]:
    return done.rows, done.parts, done.merges, done.merged_rows, done.seconds


def _goals(load: Load) -> Sequence[Goal]:
    """Idle: P95 of reports and queries. Under load: P99 of everything, from 10,000 events/s on of reports."""
    goals = []
    for name, samples in load.samples.items():
        is_report, ascending = name.startswith("report"), sorted(samples.seconds)
        if load.rate == 0 and (value := quantile(ascending, 0.95)):
            goals.append(Goal(f"idle, {name}: P95, s", value, 0.15 if is_report else 0.3, at_most=True))
        if load.rate and (is_report or load.rate < 10_000) and (value := quantile(ascending, 0.99)):
            goals.append(Goal(f"{load.title}, {name}: P99, s", value, 1, at_most=True))
    return goals
