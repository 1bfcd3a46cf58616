"""The commands of the runbooks, run as they stand there."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.embedded.postgres import binaries
from pipelines import schedule
from tests.support.cli import PATIENCE, environment
from tests.support.pipelines import stores_of
from tools.export import ROOT

pytestmark = pytest.mark.anyio

RUNBOOKS = ROOT / "docs/runbooks"


def blocks(page: str) -> list[str]:
    """What stands between ```sh and ```."""
    return re.findall(r"^```sh\n(.*?)^```", (RUNBOOKS / page).read_text(), re.MULTILINE | re.DOTALL)


def shell(folder: Path, script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """With `anlyt` and `psql` at hand."""
    found = environment(folder, variables)
    path = os.pathsep.join([str(Path(sys.executable).parent), str(binaries()), found["PATH"]])
    return subprocess.run(
        ["sh", "-eu", "-c", script],
        env=found | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


async def test_a_day_that_differs_is_looked_at_mended_and_compared_again(database: str, tmp_path: Path) -> None:
    day = (datetime.now(UTC) - timedelta(days=2)).date()
    engines = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_NATS_URL": "nats://127.0.0.1:1",
        "ANLYT_CLICKHOUSE_DSN": "http://127.0.0.1:1/anlyt",
        "DAY": str(day),
    }
    log, hours, again = blocks("reconciliation.md")
    async with stores_of(database) as stores:
        await stores.postgres.execute("insert into billing.daily_totals values ($1, 'AFN', 0.5, 1)", day)
        ran = await asyncio.to_thread(shell, tmp_path, again, **engines)
        assert ran.returncode == 1
        assert f"anlyt: We and billing differ: {day} AFN MISSING_OURS by 100 %; see" in ran.stderr
        assert "Traceback" not in ran.stderr
        shown = await asyncio.to_thread(shell, tmp_path, log, **engines)
        assert (shown.returncode, "MISSING_OURS" in shown.stdout) == (0, True), shown
        shown = await asyncio.to_thread(shell, tmp_path, hours, **engines)
        assert (shown.returncode, "(0 rows)" in shown.stdout) == (0, True), shown
        await stores.postgres.execute("update billing.daily_totals set total_cost = 0")
        ran = await asyncio.to_thread(shell, tmp_path, again, **engines)
        assert (ran.returncode, "reconciliation: done, 1 compared" in ran.stdout) == (0, True), ran


def test_every_pipeline_is_in_the_runbook_with_its_command() -> None:
    page = (RUNBOOKS / "pipelines.md").read_text()
    for name, _ in schedule.TIMES:
        assert f"| `{name}` | " in page
        assert re.search(rf"^anlyt pipeline {name} ", page, re.MULTILINE)
