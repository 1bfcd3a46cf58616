"""The cost of the transparency log: CPU of a run over the facts of 4 minutes at 3,000 per second, and bytes per day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Final

from bench.processes import cpu_seconds
from bench.report import Goal, show
from bench.stores import stores
from infra.clickhouse import connect
from infra.endpoints import Engines
from pipelines.stores import Stores, open_stores
from pipelines.tlog.arrivals import LOGGED, log_period
from pipelines.tlog.checkpoints import sign_checkpoint
from pipelines.tlog.periods import Period
from pipelines.tlog.sources import SOURCES, append_pending
from schema.instants import instant

RATE: Final = 3_000  # facts per second
EVERY: Final = timedelta(minutes=4)
TENANTS: Final = 200
RUNS_PER_DAY: Final = timedelta(days=1) // EVERY
BEGIN: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
SHARE: Final = 0.05  # of one core
SQL: Final = Path(__file__).parent / "sql"
FILL: Final = (SQL / "fill_tlog.sql").read_text()
ACCESSES: Final = (SQL / "fill_accesses.sql").read_text()
SIZES: Final = (SQL / "tlog_sizes.sql").read_text()


async def run(folder: Path, *, smoke: bool) -> None:
    """Prints the share of one core that logging takes, and the megabytes per day."""
    periods, rate = (2, RATE // 30) if smoke else (4, RATE)
    async with (
        stores(folder) as engines,
        connect(engines.clickhouse.url, statement_timeout=1800) as client,
        open_stores(Engines(engines.nats.url, engines.postgres.url, engines.clickhouse.url)) as opened,
    ):
        count = rate * int(EVERY.total_seconds())
        for number in range(-2, periods):  # two that are logged before anything is measured
            begin = BEGIN + number * EVERY
            bounds = {"begin": instant(begin), "seconds": int(EVERY.total_seconds()), "rows": count, "tenants": TENANTS}
            await client.command(FILL, parameters=bounds)
        for number in range(-2, 0):
            await _log(opened, number)
        pids = [engine.pid for engine in (engines.postgres, engines.clickhouse)]
        began = cpu_seconds(pids) + process_time()
        for number in range(periods):
            await _log(opened, number)
        cpu = (cpu_seconds(pids) + process_time() - began) / periods
        async with engines.connection() as connection:
            await connection.execute(ACCESSES)
            began = process_time()
            appended = await append_pending(opened, SOURCES[1], BEGIN.date())
            of_rows = (process_time() - began) / appended
            sizes = {row["name"]: row["bytes"] for row in await connection.fetch(SIZES)}
    # Both datasets together have the rate: the second one costs an empty period more.
    share = cpu / EVERY.total_seconds() * RATE / rate
    leaves, entries = 2 * TENANTS * RUNS_PER_DAY, 2 * RUNS_PER_DAY
    show(
        f"logging {count:,} facts of {TENANTS} tenants per run, {RUNS_PER_DAY} runs per day",
        ("what", "figure"),
        [
            ("CPU s per run, all processes", cpu),
            (f"share of one core at {RATE:,} facts/s", share),
            ("bytes per leaf of arrivals", sizes["leaf"]),
            ("MB per day of leaves, kept for 35 days", leaves * sizes["leaf"] / 1e6),
            ("bytes per entry, with its tree", sizes["entry"]),
            ("bytes of a checkpoint, stored twice per run", sizes["note"]),
            ("MB per day of both, kept", (entries * sizes["entry"] + 2 * RUNS_PER_DAY * sizes["note"]) / 1e6),
            ("CPU ms per entry of a row, here", of_rows * 1000),
        ],
        [Goal(f"share of one core at {RATE:,} facts/s", share, SHARE, at_most=True)],
    )


async def _log(opened: Stores, number: int) -> None:
    begin = BEGIN + number * EVERY
    await log_period(opened, LOGGED[0], Period(begin, begin + EVERY))
    await sign_checkpoint(opened)
