"""Adding up days against one hand-written statement, and what daily rows are good for: a cold summary of 90 days."""

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
# 89 days of some accounts and one of many: by hand, in one statement, 90 days of many would take a quarter of an hour.
FULL: Final = Scale(days=89, accounts=100, rounds=3, seconds=0), Scale(days=1, accounts=1_000, rounds=3, seconds=0)
SMOKE: Final = Scale(days=20, accounts=10, rounds=1, seconds=0), Scale(days=1, accounts=20, rounds=1, seconds=0)
DIRTY: Final = "update anlyt.event_days set rolled_version = -1 where day = any($1::date[])"
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds, one round each."""

    ours: list[float]
    theirs: list[float]

    @property
    def ratio(self) -> float:
        """Of pairs that ran side by side."""
        return statistics.median(our / their for our, their in zip(self.ours, self.theirs, strict=True))


async def run(folder: Path, *, smoke: bool) -> None:
    scale, one_day_scale = SMOKE if smoke else FULL
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = end - (scale.days + 1) * DAY
    async with stores(folder) as engines, engines.connection() as connection:
        await fill(engines, end - DAY, scale)
        rows = await fill(engines, end, one_day_scale)
        await connection.execute("create temp table daily_by_hand as select * from anlyt.metrics_daily limit 0")
        await connection.execute("alter table daily_by_hand drop column updated_at")
        async with _opened(Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)) as opened:
            everything = await _added_up(opened, connection, start, end, rounds=1)
            one_day = await _added_up(opened, connection, end - DAY, end, rounds=2 * scale.rounds + 1)
            cold = await _cold(opened, connection, Window(start + timedelta(hours=5), end), scale)
    _show(rows, one_day_scale.accounts, scale.days + 1, one_day, everything, cold)


@asynccontextmanager
async def _opened(engines: Engines) -> AsyncIterator[Stores]:
    configure_logs("text")
    async with open_stores(engines) as opened:
        await runs.run(opened, "rollup", {"day": "2000-01-01"})  # imports Kedro
        yield opened


async def _added_up(opened: Stores, connection: Connection, start: datetime, end: datetime, rounds: int) -> Took:
    took = Took([], [])
    for _ in range(rounds):
        await connection.execute("truncate daily_by_hand")
        began = time.perf_counter()
        await connection.execute(BY_HAND, start, end)
        took.theirs.append(time.perf_counter() - began)
        days = [(start + number * DAY).date() for number in range((end - start) // DAY)]
        await connection.execute(DIRTY, days)
        began = time.perf_counter()
        counts = await runs.run(opened, "rollup")
        took.ours.append(time.perf_counter() - began)
        assert counts["days"] >= len(days)
    return took


async def _cold(opened: Stores, connection: Connection, window: Window, scale: Scale) -> Took:
    """The first summary of an API, with daily rows and without."""
    took = Took([], [])
    for _ in range(2 * scale.rounds + 1):
        for times, state in ((took.ours, "version"), (took.theirs, "-1")):
            await connection.execute(f"update anlyt.event_days set rolled_version = {state}")
            reader = Reader(opened.postgres, "USD", opened.clickhouse)
            began = time.perf_counter()
            await summary(reader, PlatformScope("admin-dashboard"), window, "daily")
            times.append(time.perf_counter() - began)
    return took


def _show(rows: int, accounts: int, days: int, one_day: Took, everything: Took, cold: Took) -> None:
    """Medians; ratios are taken within a round."""
    named = (
        (f"add up 1 day of {accounts:,} accounts", "one statement", one_day),
        (f"add up {days} days at once", "one statement", everything),
        (f"cold summary of {days} days", "hours only", cold),
    )
    show(
        f"Rollup over {rows:,} hourly rows",
        ("what", "ms", "against", "its ms"),
        [
            (what, 1000 * statistics.median(took.ours), against, 1000 * statistics.median(took.theirs))
            for what, against, took in named
        ],
        [
            Goal("one day of one statement's time", one_day.ratio, 1.5, at_most=True),
            Goal("all days of one statement's time", everything.ratio, 1.5, at_most=True),
            Goal("hours only of the cold summary's time", 1 / cold.ratio, 3),
        ],
    )
