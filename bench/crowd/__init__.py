"""Measures many callers at once, with bad habits among them, while events arrive; and a burst of all of it.

50 tenants have dashboards that ask every 5 s, finance asks for a year, and exports are written, while a producer
publishes at a steady rate. Then a heavy tenant and explorers of the platform join them, who send dear queries over and
over and do not wait when they are refused. At last everything comes ten times as often: events, and the dashboards'
questions. Every process has to live through it; the time until the workers have caught up is measured.

`callers` has who asks what, `data` fills the engines, `scale` has the sizes.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from nats.aio.client import Client

from bench.crowd import data
from bench.crowd.callers import Answers, Asker, crowd, export
from bench.crowd.scale import Scale
from bench.deployment import Deployment, caught_up, deployed
from bench.freshness.distribution import quantile
from bench.freshness.probes import Prober, Samples
from bench.load import HttpClient
from bench.producer import Produced, producing
from bench.progress import say
from bench.report import Goal, show
from bench.stores import stores
from bench.traffic import today
from infra import nats
from infra.embedded.s3 import s3_server
from infra.s3 import from_dsn

EXAMPLE: Final = "python -m bench crowd --seconds 120 --burst-seconds 60"
PATIENCE: Final = 7200.0  # seconds until the workers have caught up after the burst
PROBE_PAUSE: Final = 1.0
AT_ONCE: Final = 2.0  # seconds until a caller knows that its query is refused
FAIR: Final = 2.0  # times as slow as without the heavy tenant, at most


FULL: Final = Scale(300, 300, 10, 3_000, 50, 20_000_000, 1_825_000, 31, 1_000, 19)
SMOKE: Final = Scale(6, 2, 10, 100, 3, 9_000, 730, 8, 20, 19)


class Phase(NamedTuple):
    """What happened in a part of a run. `cpu`: seconds by part."""

    name: str
    seconds: float
    answers: Mapping[str, Answers]
    freshness: Mapping[str, Samples]
    produced: Produced
    cpu: Mapping[str, float]
    behind: float  # seconds until the workers had caught up

    def p95(self, kind: str) -> float:
        """In seconds; the worst of fewer than 20 answers, and infinite without one."""
        answered = sorted(self.answers[kind].answered)
        return quantile(answered, 0.95) or max(answered, default=inf)

    @property
    def refused_after(self) -> float:
        """P95 of all refusals, in seconds; the worst of fewer than 20, and 0 without one."""
        refusals = sorted(seconds for each in self.answers.values() for seconds in each.refusals)
        return quantile(refusals, 0.95) or max(refusals, default=0.0)


async def run(folder: Path, scale: Scale) -> None:
    """Prints latencies and refusals of each kind of caller, freshness and CPU time, for each part of the run."""
    async with s3_server(folder / "s3") as s3, stores(folder, from_dsn(s3.dsn)) as engines:
        await data.fill(engines, scale)
        async with (
            nats.connect(engines.nats.url) as client,
            deployed(engines, folder, data.settings(s3.dsn)) as product,
        ):
            http = await HttpClient.open(product.url)
            prober = Prober(client, http, Random(scale.seed), PATIENCE)
            await prober.settle()
            regular, heavy = crowd(scale.tenants, today())
            phases = [
                await _phase(client, product, prober, scale, "regular callers", regular),
                await _phase(client, product, prober, scale, "with bad habits", [*regular, *heavy]),
                await _phase(client, product, prober, scale, "burst", [*regular, *heavy], scale.times),
            ]
            http.close()
            product.show_warnings()
    _show(scale, phases)


async def _phase(
    client: Client,
    product: Deployment,
    prober: Prober,
    scale: Scale,
    name: str,
    askers: Sequence[Asker],
    times: int = 1,
) -> Phase:
    seconds = scale.seconds if times == 1 else scale.burst_seconds
    rate, random = scale.rate * times, Random(scale.seed)
    say(f"{name}: {rate:,} events/s, {len(askers)} callers, for {seconds:g} s")
    answers: Mapping[str, Answers] = defaultdict(Answers)
    cpu = product.cpu()
    async with producing(product.stores.nats.url, rate, seconds, scale.seed + len(name)) as producer:
        asking = [asyncio.create_task(each.ask(product.url, answers, random, times)) for each in askers]
        asking.append(asyncio.create_task(export(product.url, answers, today())))
        probing = asyncio.create_task(prober.run(seconds, PROBE_PAUSE))
        produced = await _unless_failed(producer, asking)
        spent = {part: after - cpu[part] for part, after in product.cpu().items()}
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        behind = await caught_up(client, PATIENCE)
        freshness = await probing
    say(f"{name}: caught up after {behind:.1f} s")
    return Phase(name, produced.seconds, answers, freshness, produced, spent, behind)


async def _unless_failed(producer: asyncio.Task[Produced], asking: Sequence[asyncio.Task[None]]) -> Produced:
    """Waits for the producer. Raises the error of whoever asks and fails before."""
    await asyncio.wait([producer, *asking], return_when=asyncio.FIRST_COMPLETED)
    for task in asking:
        if task.done():
            task.result()
    return await producer


def _show(scale: Scale, phases: Sequence[Phase]) -> None:
    _show_answers(scale, phases)
    _show_refusals(phases)
    _show_freshness(phases)
    _show_cpu(scale, phases)


def _show_answers(scale: Scale, phases: Sequence[Phase]) -> None:
    calm, habits, _ = phases
    show(
        f"{scale.tenants} dashboards and others over {scale.facts:,} facts, seed {scale.seed}: ms",
        ("part", "kind", "answered", "P50", "P95", "worst", "refused", "refusals, P95"),
        [row for phase in phases for row in _rows(phase)],
        [
            Goal(
                f"light tenant, {kind}: P95 with bad habits / without",
                habits.p95(f"light tenant, {kind}") / calm.p95(f"light tenant, {kind}"),
                FAIR,
                at_most=True,
            )
            for kind in ("report", "query")
        ]
        + [Goal(f"{phase.name}: P95 of refusals, s", phase.refused_after, AT_ONCE, at_most=True) for phase in phases],
    )


def _show_refusals(phases: Sequence[Phase]) -> None:
    for phase in phases:
        for kind, each in sorted(phase.answers.items()):
            for why, found in sorted(each.refused.items()):
                print(f"  {phase.name}, {kind}: {len(found)} x {why}")
    print()


def _show_freshness(phases: Sequence[Phase]) -> None:
    show(
        "Seconds from an event's publication to the first answer that has it",
        ("part", "path", "events", "P50", "P90", "worst", "refused"),
        [
            (
                phase.name,
                name,
                len(each.seconds),
                *(_shown(each.seconds, share, 1) for share in (0.5, 0.9, 1)),
                each.refused,
            )
            for phase in phases
            for name, each in phase.freshness.items()
        ],
        [],
    )


def _show_cpu(scale: Scale, phases: Sequence[Phase]) -> None:
    calm, _, burst = phases
    show(
        "CPU of each part, in per cent of one core, and the seconds after it until all events were counted",
        ("part", "published/s", *calm.cpu, "caught up after, s"),
        [
            (
                phase.name,
                round(phase.produced.rate),
                *(round(100 * each / phase.seconds) for each in phase.cpu.values()),
                phase.behind,
            )
            for phase in phases
        ],
        [Goal("events of the burst, relative to its rate", burst.produced.rate / scale.rate / scale.times, 0.95)],
    )


def _rows(phase: Phase) -> Sequence[Sequence[object]]:
    return [
        (
            *(phase.name, kind, len(each.answered)),
            *(_shown(each.answered, share, 1000) for share in (0.5, 0.95, 1)),
            len(each.refusals),
            _shown(each.refusals, 0.95, 1000),
        )
        for kind, each in sorted(phase.answers.items())
    ]


def _shown(seconds: Sequence[float], share: float, factor: float) -> str:
    """A quantile, the worst for a share of 1; nothing if there are too few samples."""
    ascending = sorted(seconds)
    value = (ascending[-1] if ascending else None) if share == 1 else quantile(ascending, share)
    return "" if value is None else f"{value * factor:,.3g}"
