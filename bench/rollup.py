"""Compares the rollup with one hand-written statement, and a cold 90-day summary with and without daily rows."""

import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.report import Goal, show
from bench.reports import Scale, fill
from bench.stores import stores
from graph.access import PlatformScope
from graph.reports.reading.reader import Reader
from graph.reports.summary import summary
from graph.reports.windows import Window
from infra.endpoints import Engines
from infra.postgres import Connection
from infra.telemetry import configure_logs
from pipelines import runs
from pipelines.stores import Stores, open_stores

BY_HAND: Final = (Path(__file__).parent / "sql/rollup_by_hand.sql").read_text()
# 89 days have few accounts and one has many: the statement by hand would take 15 minutes for 90 days of many accounts.
FULL: Final = Scale(days=89, accounts=100, rounds=3, seconds=0), Scale(days=1, accounts=1_000, rounds=3, seconds=0)
SMOKE: Final = Scale(days=20, accounts=10, rounds=1, seconds=0), Scale(days=1, accounts=20, rounds=1, seconds=0)
DIRTY: Final = "update anlyt.event_days set rolled_version = -1 where day = any($1::date[])"
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds per round of the product and of what it is compared with."""

    product: list[float]
    baseline: list[float]

    @property
    def ratio(self) -> float:
        """The median ratio of two durations in the same round."""
        return statistics.median(mine / other for mine, other in zip(self.product, self.baseline, strict=True))


async def run(folder: Path, *, smoke: bool) -> None:
    scale, one_day_scale = SMOKE if smoke else FULL
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - (scale.days + 1) * DAY
    async with stores(folder) as engines, engines.connection() as connection:
        await fill(engines, end - DAY, scale)
        rows = await fill(engines, end, one_day_scale)
        await connection.execute("create temp table daily_by_hand as select * from anlyt.metrics_daily limit 0")
        await connection.execute("alter table daily_by_hand drop column updated_at")
        async with _open(Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)) as opened:
            everything = await _add_up(opened, connection, start, end, rounds=1)
            one_day = await _add_up(opened, connection, end - DAY, end, rounds=2 * scale.rounds + 1)
            cold = await _cold(opened, connection, Window(start + timedelta(hours=5), end), scale)
    _show(rows, one_day_scale.accounts, scale.days + 1, one_day, everything, cold)


@asynccontextmanager
async def _open(engines: Engines) -> AsyncIterator[Stores]:
    configure_logs("text")
    async with open_stores(engines) as opened:
        await runs.run(opened, "rollup", {"day": "2000-01-01"})  # imports Kedro before the measurement
        yield opened


async def _add_up(opened: Stores, connection: Connection, start: datetime, end: datetime, rounds: int) -> Durations:
    took = Durations([], [])
    for _ in range(rounds):
        await connection.execute("truncate daily_by_hand")
        began = time.perf_counter()
        await connection.execute(BY_HAND, start, end)
        took.baseline.append(time.perf_counter() - began)
        days = [(start + number * DAY).date() for number in range((end - start) // DAY)]
        await connection.execute(DIRTY, days)
        began = time.perf_counter()
        counts = await runs.run(opened, "rollup")
        took.product.append(time.perf_counter() - began)
        assert counts["days"] >= len(days)
    return took


async def _cold(opened: Stores, connection: Connection, window: Window, scale: Scale) -> Durations:
    """Times the first summary of a reader, with daily rows (`product`) and without them (`baseline`)."""
    took = Durations([], [])
    for _ in range(2 * scale.rounds + 1):
        for times, state in ((took.product, "version"), (took.baseline, "-1")):
            await connection.execute(f"update anlyt.event_days set rolled_version = {state}")
            reader = Reader(opened.postgres, "USD", opened.clickhouse, at_once=1)
            began = time.perf_counter()
            await summary(reader, PlatformScope("admin-dashboard"), window, "daily")
            times.append(time.perf_counter() - began)
    return took


def _show(rows: int, accounts: int, days: int, one_day: Durations, everything: Durations, cold: Durations) -> None:
    """Prints the medians of the rounds. Each ratio compares two durations within one round."""
    compared = (
        (f"add up 1 day of {accounts:,} accounts", "one statement", one_day),
        (f"add up {days} days in one run", "one statement", everything),
        (f"cold summary of {days} days", "hours only", cold),
    )
    show(
        f"Rollup over {rows:,} hourly rows",
        ("work", "ms", "compared with", "its ms"),
        [
            (work, 1000 * statistics.median(took.product), other, 1000 * statistics.median(took.baseline))
            for work, other, took in compared
        ],
        [
            Goal("one day, relative to one statement", one_day.ratio, 1.5, at_most=True),
            Goal("all days, relative to one statement", everything.ratio, 1.5, at_most=True),
            Goal("cold summary from hours only, relative to days", 1 / cold.ratio, 3),
        ],
    )
