"""Runs of pipelines that are killed."""

import asyncio
import sys
from pathlib import Path

from infra.postgres import Connection
from tests.support.cli import environment

BEGUN = "select count(*) from anlyt.pipeline_runs where name = $1"


async def killed_run(
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
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "anlyt", "pipeline", name),
        env=environment(folder, settings),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    while await connection.fetchval(BEGUN, name) == begun:
        assert process.returncode is None
        await asyncio.sleep(0.005)
    await asyncio.sleep(after)
    if process.returncode is None:
        process.kill()
    await process.wait()
