"""Measures several workers of one function, and functions together in one process or each in its own.

When all workers run, their durable consumer is paused until all events are in the stream. The time runs from its
resumption to the last acknowledgement. Meanwhile PostgreSQL is asked how many of its sessions wait for a lock: an hour
of the platform is one row, which all workers write.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final, NamedTuple

from nats.aio.client import Client

from bench.events import delivery_reports
from bench.host import POLL, behind, ingest_process, publish
from bench.locks import lock_watch
from bench.options import option
from bench.processes import cpu_seconds
from bench.progress import say
from bench.report import Goal, show
from bench.stores import Stores, stores
from functions.delivery_metrics import delivery_metrics
from functions.dlr_facts import dlr_facts
from functions.function import AnyFunction
from infra import nats
from schema.streams import SMS_DLR

EXAMPLE: Final = "python -m bench workers --workers 1,2,4,8 --events 1e6"
LEAST: Final = 0.01  # sessions that are shown
FIRST: Final = 100  # events, for which a worker imports what it needs
PAUSED: Final = "2100-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Scale:
    """The sizes of a run."""

    workers: tuple[int, ...] = option("Workers of one function, each a process")
    events: int = option("Events per measurement")
    rounds: int = option("Rounds; their medians count")
    seed: int = option("Seed of the events")


FULL: Final = Scale((1, 2, 4), 500_000, 3, 19)
SMOKE: Final = Scale((1, 2), 3_000, 1, 19)


class Variant(NamedTuple):
    """The functions of each process."""

    name: str
    processes: Sequence[Sequence[AnyFunction]]

    @property
    def functions(self) -> Sequence[AnyFunction]:
        return list(dict.fromkeys(function for each in self.processes for function in each))


class Figures(NamedTuple):
    """What one round measured. `cpu`: us per event, by part. `active`: sessions; `waiting`: those that want a lock."""

    rate: float
    cpu: Mapping[str, float]
    waiting: Mapping[str, float]
    active: float
    deadlocks: int


async def run(folder: Path, scale: Scale) -> None:
    """Prints events per second, CPU time and lock waits of all variants, which take turns."""
    variants = [
        *(Variant(f"{count} of {delivery_metrics.name}", [[delivery_metrics]] * count) for count in scale.workers),
        Variant("two functions in one process", [[delivery_metrics, dlr_facts]]),
        Variant("two functions in two processes", [[delivery_metrics], [dlr_facts]]),
    ]
    found: dict[str, list[Figures]] = {each.name: [] for each in variants}
    seed = scale.seed
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        for number in range(scale.rounds):
            for variant in variants:
                seed += 1
                figures = await _measure(engines, client, variant, list(delivery_reports(scale.events, seed)))
                found[variant.name].append(figures)
                say(f"round {number + 1}, {variant.name}: {figures.rate:,.0f} events/s")
                await client.jetstream().purge_stream(SMS_DLR.name)  # the other function has not read it
    _show(scale, found)


async def _measure(engines: Stores, client: Client, variant: Variant, events: Sequence[bytes]) -> Figures:
    async with AsyncExitStack() as opened:
        starting = [ingest_process(engines, *functions) for functions in variant.processes]
        running = await asyncio.gather(*(opened.enter_async_context(each) for each in starting))
        pids = {"workers": [each.pid for each in running], "PostgreSQL": [engines.postgres.pid]}
        pids |= {"ClickHouse": [engines.clickhouse.pid], "NATS": [engines.nats.pid]}
        await publish(client, events[:FIRST])
        await _caught_up(client, variant)
        await _publish_paused(client, variant, events[FIRST:])
        locks = await opened.enter_async_context(lock_watch(engines))
        count = len(events) - FIRST
        before = {name: cpu_seconds(each) for name, each in pids.items()}
        began = perf_counter()
        for function in variant.functions:
            await client.jetstream().resume_consumer(function.stream.name, function.durable)
        await _caught_up(client, variant)
        seconds = perf_counter() - began
        cpu = {name: (cpu_seconds(each) - before[name]) / count * 1e6 for name, each in pids.items()}
        await locks.end()
    return Figures(count / seconds, cpu, locks.waiting, locks.active, locks.deadlocks)


async def _caught_up(client: Client, variant: Variant) -> None:
    while any([await behind(client, function) for function in variant.functions]):
        await asyncio.sleep(POLL)


async def _publish_paused(client: Client, variant: Variant, events: Sequence[bytes]) -> None:
    """Publishes events that the functions' durable consumers do not deliver yet."""
    for function in variant.functions:
        await client.jetstream().pause_consumer(function.stream.name, function.durable, PAUSED)
    await publish(client, events)


def _show(scale: Scale, found: Mapping[str, Sequence[Figures]]) -> None:
    shown = {name: _medians(rounds) for name, rounds in found.items()}
    parts = list(next(iter(shown.values())).cpu)
    show(
        f"{scale.events:,} delivery reports, {os.cpu_count()} cores, medians of {scale.rounds} rounds",
        (
            *("variant", "events/s", *(f"CPU us, {part}" for part in parts), "together"),
            *("active sessions", "of these wait for a lock, by statement", "deadlocks"),
        ),
        [
            (
                name,
                f"{each.rate:,.0f}",
                *(f"{us:.1f}" for us in [*each.cpu.values(), sum(each.cpu.values())]),
                f"{each.active:.2f}",
                ", ".join(f"{statement} {count:.2f}" for statement, count in each.waiting.items() if count >= LEAST),
                each.deadlocks,
            )
            for name, each in shown.items()
        ],
        [Goal("deadlocks", sum(each.deadlocks for each in shown.values()), 0, at_most=True)],
    )


def _medians(rounds: Sequence[Figures]) -> Figures:
    """The medians of all figures, each by itself."""
    cpu = {part: median(each.cpu[part] for each in rounds) for part in rounds[0].cpu}
    statements = dict.fromkeys(statement for each in rounds for statement in each.waiting)
    waiting = {name: median(each.waiting.get(name, 0.0) for each in rounds) for name in statements}
    rate, active = (median(getattr(each, name) for each in rounds) for name in ("rate", "active"))
    return Figures(rate, cpu, waiting, active, sum(each.deadlocks for each in rounds))
