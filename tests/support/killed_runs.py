"""Runs of pipelines that are killed."""

import asyncio
from pathlib import Path

from infra.postgres import Connection
from tests.support import command
from tests.support.cli import environment
from tests.support.worker import wait_for_exit

BEGUN = "select count(*) from anlyt.pipeline_runs where name = $1"


async def run_and_kill(
    connection: Connection,
    folder: Path,
    name: str,
    after: float,
    *,
    postgres: str,
    clickhouse: str = "http://127.0.0.1:1",
) -> None:
    """`anlyt pipeline NAME`, killed `after` seconds of work, unless it is over before."""
    settings = {
        "ANLYT_POSTGRES_DSN": postgres,
        "ANLYT_CLICKHOUSE_DSN": clickhouse,
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
    }
    begun = await connection.fetchval(BEGUN, name)
    process = command.start_command(["pipeline", name], environment(folder, settings))
    ended = None
    while await connection.fetchval(BEGUN, name) == begun:
        assert ended is None
        await asyncio.sleep(0.005)
        ended = process.exitcode
    await asyncio.sleep(after)
    process.kill()  # which does nothing to a process that has ended
    await wait_for_exit(process)
