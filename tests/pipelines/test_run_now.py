"""A run from a terminal waits for its turn and prints its counts."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from infra.embedded.postgres import BILLING
from infra.settings import Settings, read_settings
from pipelines import run_now
from pipelines.lease import lease
from pipelines.runs import PipelineAlarmError
from pipelines.stores import Stores
from tools.export import ROOT

pytestmark = pytest.mark.anyio

CONNECTED = (
    "select count(*) from pg_stat_activity where application_name = 'anlyt pipeline' and datname = current_database()"
)


@pytest.fixture
def settings(stores: Stores) -> Settings:
    engines = stores.engines
    return read_settings(
        {
            "ANLYT_NATS_URL": engines.nats,
            "ANLYT_POSTGRES_DSN": engines.postgres,
            "ANLYT_CLICKHOUSE_DSN": engines.clickhouse,
        }
    )


async def test_it_waits_while_another_process_runs_the_same(
    stores: Stores, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with lease(stores.engines.postgres, "cubes", lambda: None):
        waiting = asyncio.create_task(run_now.run(settings, "cubes", {}))
        while await stores.postgres.fetchval(CONNECTED) < 2:
            await asyncio.sleep(0.05)
        assert not waiting.done()
    await waiting
    assert capsys.readouterr().out.endswith("cubes: done, 0 cells\n")


async def test_an_alarm_comes_after_what_was_done(
    stores: Stores, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    day = datetime.now(UTC).date() - timedelta(days=2)
    await stores.postgres.execute(BILLING)
    await stores.postgres.execute("insert into billing.daily_totals values ($1, 'USD', 1, 1)", day)
    with pytest.raises(PipelineAlarmError, match=str(day)):
        await run_now.run(settings, "reconciliation", {})
    assert "reconciliation: done, " in capsys.readouterr().out
    assert await stores.postgres.fetchval("select status from anlyt.pipeline_runs") == "SUCCEEDED"


def test_a_run_begins_without_the_drivers_of_engines() -> None:
    """Their imports, and that of Kedro's framework, take longer than most runs."""
    program = "import sys, pipelines.run_now; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(run.stdout.split())
    assert {"kedro.pipeline", "asyncpg", "structlog"} <= imported
    assert not imported & {"aiohttp", "clickhouse_connect", "nats", "obstore", "numpy", "rich", "kedro.framework"}
