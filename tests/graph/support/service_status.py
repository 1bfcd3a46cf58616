"""What the status page shows of PostgreSQL, in an empty database: runs, closed days and comparisons."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from infra.postgres import Pool

BEGAN: Final = datetime(2026, 10, 9, 2, 30, tzinfo=UTC)
FIRST_DAY: Final = date(2026, 10, 1)
DAYS: Final = 9
# name, seconds since BEGAN, seconds that it took, status, error
RUNS: Final = (
    ("cubes", 0, 2, "FAILED", "ClickHouse does not answer; <b>it is away</b>."),
    ("cubes", 10, 0.25, "SUCCEEDED", None),
    ("cubes", 20, None, "RUNNING", None),
    ("rollup", 5, 65, "SUCCEEDED", None),
    ("rollup", 100, 1, "ABANDONED", None),
)
TOTALS: Final = (("cubes", "SUCCEEDED", 12), ("cubes", "FAILED", 3), ("cubes", "ABANDONED", 2), ("rollup", "FAILED", 0))


async def _fill_runs(pool: Pool) -> None:
    for name, since, took, status, error in RUNS:
        started = BEGAN + timedelta(seconds=since)
        finished = None if took is None else started + timedelta(seconds=took)
        await pool.execute(
            "insert into anlyt.pipeline_runs (name, started, finished, status, error) values ($1, $2, $3, $4, $5)",
            *(name, started, finished, status, error),
        )
    await pool.executemany("insert into anlyt.pipeline_totals values ($1, $2, $3)", TOTALS)


async def _fill_chain(pool: Pool) -> None:
    """Closes days, and amends the first of the newest seven."""
    closing = [(number, FIRST_DAY + timedelta(days=number - 1), None) for number in range(1, DAYS + 1)]
    links = [*closing, (DAYS + 1, FIRST_DAY + timedelta(days=2), 3)]
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.executemany(
            "insert into anlyt.integrity_links values ($1, $2, $3, $4, 1, 10 * $1::int8, $5, $5, $5)",
            [(number, day, amends, BEGAN, number.to_bytes(32)) for number, day, amends in links],
        )


async def _fill_comparisons(pool: Pool) -> None:
    diverged = {(1, 1), (4, 1), (4, 2), (7, 1)}  # the day and the run
    rows = [
        (run, FIRST_DAY + timedelta(days=day), "USD", "DIVERGED" if (day, run) in diverged else "OK")
        for day in range(DAYS)
        for run in (1, 2)
    ]
    await pool.executemany(
        "insert into anlyt.reconciliation_log (run_id, day, currency, difference, divergence, status) "
        "values ($1, $2, $3, 0, 0, $4)",
        rows,
    )


async def fill_service_status(pool: Pool) -> None:
    """Adds all rows."""
    await _fill_runs(pool)
    await _fill_chain(pool)
    await _fill_comparisons(pool)
