"""US-ANLYT-13: cubes equal their facts, although writers, the pipeline and the engine are killed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest

from functions import FACTS
from infra.embedded.clickhouse import clickhouse_server
from infra.embedded.engine import Engine
from infra.endpoints import Engines
from pipelines import runs
from pipelines.lease import PipelineBusyError
from pipelines.stores import open_stores
from schema.streams import CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR
from tests.support.chaos import accidents, flood, make_short_ack_consumers
from tests.support.cube_process import CubeProcess, cube_process
from tests.support.cube_reference import cube_differences
from tests.support.database import connected
from tests.support.facts import expected, make_sent
from tests.support.platform import PATIENCE, open_platform
from tests.support.warehouse import empty_clickhouse
from tests.support.worker import worker_pool

pytestmark = pytest.mark.anyio

NOW = datetime.now(UTC)
STATUS = "select status from anlyt.pipeline_runs where id = $1"


async def test_killed_anywhere(server: Engine, database: str, tmp_path: Path) -> None:
    random = Random(31)
    async with (
        clickhouse_server(tmp_path / "clickhouse") as engine,
        open_platform(server.url, clickhouse=engine.dsn) as platform,
    ):
        await empty_clickhouse(engine.dsn)
        await make_short_ack_consumers(platform, FACTS)
        sent = make_sent(random, NOW, 300)
        engines = Engines(server.url, database, engine.dsn)

        async def engine_killed() -> None:
            await engine.kill()
            await asyncio.sleep(random.random() / 2)
            await engine.start()

        async with (
            worker_pool(platform.url, platform.dsn, random, 2, engine.dsn) as pool,
            cube_process(engines) as cubes,
        ):
            happen: list[Callable[[], Awaitable[None]]]
            happen = [partial(killed_at_work, cubes, database), *[cubes.replace] * 7]
            happen += [*[pool.kill_one] * 3, *[engine_killed] * 2]
            await asyncio.gather(
                *[
                    flood(platform, stream, messages, 3.0)
                    for stream, messages in zip((SMS_DLR, CDR_EVENTS, COMPLIANCE_AUDIT), sent.values(), strict=True)
                ],
                accidents(random, random.sample(happen, len(happen)), 0.3),
            )
            await platform.wait_until_drained(*FACTS)
        await _run_when_free(engines)
        assert await cube_differences(engine.dsn, expected(sent, NOW)) == []
        async with connected(database) as connection:
            rows = await connection.fetch("select status, count(*) from anlyt.pipeline_runs group by 1")
        runs_by_status = {row["status"]: row["count"] for row in rows}
        assert runs_by_status["SUCCEEDED"] >= 1
        assert runs_by_status["ABANDONED"] >= 1
        assert runs_by_status.keys() <= {"SUCCEEDED", "FAILED", "ABANDONED"}


async def killed_at_work(cubes: CubeProcess, database: str) -> None:
    """Kills the process during a run, which the next run marks as abandoned."""
    async with connected(database) as connection:
        while True:
            run = await connection.fetchval("select id from anlyt.pipeline_runs where status = 'RUNNING'")
            if run is not None:
                await cubes.replace()
                if await connection.fetchval(STATUS, run) in {"RUNNING", "ABANDONED"}:
                    return
            await asyncio.sleep(0.002)


async def _run_when_free(engines: Engines) -> None:
    """Runs `cubes` when PostgreSQL has released the lease of the killed process."""
    async with open_stores(engines) as stores, asyncio.timeout(PATIENCE):
        while True:
            with suppress(PipelineBusyError):
                await runs.run(stores, "cubes")
                return
            await asyncio.sleep(0.05)
