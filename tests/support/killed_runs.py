"""Starts pipeline runs and kills them."""

import asyncio
from pathlib import Path

from infra.postgres import Connection
from tests.support import command
from tests.support.cli import environment
from tests.support.worker import wait_for_exit

RUNS = "select count(*) from anlyt.pipeline_runs where name = $1"


async def run_and_kill(
    connection: Connection,
    folder: Path,
    name: str,
    after: float,
    *,
    postgres: str,
    clickhouse: str = "http://127.0.0.1:1",
) -> None:
    """Runs `anlyt pipeline NAME` and kills it `after` seconds after its start, unless it has ended before."""
    settings = {
        "ANLYT_POSTGRES_DSN": postgres,
        "ANLYT_CLICKHOUSE_DSN": clickhouse,
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
    }
    runs_before = await connection.fetchval(RUNS, name)
    process = command.start_command(["pipeline", name], environment(folder, settings))
    status = None
    while await connection.fetchval(RUNS, name) == runs_before:
        assert status is None
        await asyncio.sleep(0.005)
        status = process.exitcode
    await asyncio.sleep(after)
    process.kill()  # which does nothing to a process that has status
    await wait_for_exit(process)
