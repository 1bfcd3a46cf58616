"""What an event costs with more accounts, and with more ids in the dedup ledger."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

from nats.aio.client import Client

from bench.events import ACCOUNTS, HOURS, delivery_reports
from bench.growth.scale import Cost, Scale
from bench.host import ingest_rate, publish
from bench.ledger import FILL
from bench.progress import say
from bench.report import show
from bench.stores import Stores, stores
from functions.delivery_metrics import delivery_metrics
from infra import nats
from infra.postgres import open_pool
from ingest.partitions import Partitions

LEDGER_DAYS: Final = 9  # as many as the ledger remembers
FILLING: Final = 3600  # seconds, at most

Cpu = Mapping[str, float]  # microseconds per event, by process


async def run(folder: Path, scale: Scale) -> Sequence[Cost]:
    async with stores(folder) as engines, nats.connect(engines.nats.url) as client:
        counter = _Counter(engines, client, scale)
        by_accounts = await counter.by_accounts()
        by_ids = await counter.by_ids()
    measured = [("accounts", by_accounts), ("ids in the ledger", by_ids)]
    show(
        f"One worker counts {scale.events:,} delivery reports: CPU us per event, medians of {scale.rounds} rounds",
        ("what grows", "size", *next(iter(by_accounts.values())), "together"),
        [
            (name, f"{size:,}", *(f"{us:.1f}" for us in [*cpu.values(), sum(cpu.values())]))
            for name, sizes in measured
            for size, cpu in sizes.items()
        ],
        [],
    )
    return [
        Cost("an event", "CPU us", name, list(sizes), [sum(cpu.values()) for cpu in sizes.values()])
        for name, sizes in measured
    ]


class _Counter:
    """Publishes events and has them counted; each time others, so that none is a copy."""

    def __init__(self, engines: Stores, client: Client, scale: Scale) -> None:
        self._engines, self._client, self._scale = engines, client, scale
        self._seed = scale.seed

    async def by_accounts(self) -> Mapping[int, Cpu]:
        rounds: dict[int, list[Cpu]] = {accounts: [] for accounts in self._scale.accounts}
        for _ in range(self._scale.rounds):
            for accounts, found in rounds.items():
                found.append(await self._cost(accounts))
        return {accounts: _medians(found) for accounts, found in rounds.items()}

    async def by_ids(self) -> Mapping[int, Cpu]:
        """The ledger only grows, so the sizes come one after the other."""
        costs, filled = {}, 0
        for ids in self._scale.ids:
            await self._fill(ids - filled, filled)
            filled = ids
            costs[ids] = _medians([await self._cost(ACCOUNTS) for _ in range(self._scale.rounds)])
        return costs

    async def _cost(self, accounts: int) -> Cpu:
        self._seed += 1
        await publish(self._client, list(delivery_reports(self._scale.events, self._seed, accounts)))
        rate, cpu = await ingest_rate(self._engines, self._client, delivery_metrics, self._scale.events)
        say(f"{accounts:,} accounts: {rate:,.0f} events/s, CPU us per event {sum(cpu.values()):.1f}")
        return cpu

    async def _fill(self, ids: int, before: int) -> None:
        """Adds ids to the days that the ledger remembers. They end where the events begin, as when events are live."""
        if not ids:
            return
        end, began = datetime.now(UTC) - timedelta(hours=HOURS), perf_counter()
        days = [end - timedelta(days=number) for number in range(1, LEDGER_DAYS + 1)]
        async with open_pool(self._engines.postgres.url, size=2) as pool:
            await Partitions(pool).ensure([day.date() for day in (end, *days)])
            for day in days:
                await pool.execute(FILL, day, ids // LEDGER_DAYS, timeout=FILLING)
            await pool.execute("vacuum analyze anlyt.processed_events", timeout=FILLING)
            await pool.execute("checkpoint", timeout=FILLING)
        say(f"{before + ids:,} ids in the ledger, filled in {perf_counter() - began:.0f} s")


def _medians(rounds: Sequence[Cpu]) -> Cpu:
    return {name: median([each[name] for each in rounds]) for name in rounds[0]}
