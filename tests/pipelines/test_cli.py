"""`anlyt pipeline` and Kedro's own commands, as a user runs them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from anlyt import cli
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.stores import Stores
from tests.support.cli import PATIENCE, anlyt, environment

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]


def settings(stores: Stores) -> dict[str, str]:
    engines = stores.engines
    return {
        "ANLYT_NATS_URL": engines.nats,
        "ANLYT_POSTGRES_DSN": engines.postgres,
        "ANLYT_CLICKHOUSE_DSN": engines.clickhouse,
    }


def kedro(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments],
        cwd=ROOT,
        env=environment(folder, settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


async def test_both_ways_to_run_are_one(stores: Stores, tmp_path: Path) -> None:
    ours = anlyt(tmp_path, "pipeline", "cubes", "--param", "chunk=100", **settings(stores))
    assert (ours.returncode, ours.stdout) == (0, "cubes: done, 0 cells\n"), ours
    theirs = kedro(tmp_path, "run", "--pipeline", "cubes", "--params", "chunk=100,limit:5", **settings(stores))
    assert theirs.returncode == 0, theirs
    assert "cubes: done, 0 cells" in theirs.stdout
    lines = [json.loads(line) for line in theirs.stderr.splitlines() if line.startswith("{")]
    assert [line["message"] for line in lines] == ["pipeline succeeded"]
    found = await stores.postgres.fetch("select name, status, counts from anlyt.pipeline_runs")
    assert [tuple(row) for row in found] == [("cubes", "SUCCEEDED", '{"cells": 0}')] * 2


def test_wrong_usage_is_one_sentence(tmp_path: Path) -> None:
    for arguments, sentence in (
        (["cube"], "There is no pipeline cube; choose from"),
        (["cubes", "--param", "chunk"], "'chunk' is not of the form name=value."),
    ):
        wrong = anlyt(tmp_path, "pipeline", *arguments)
        assert wrong.returncode == 2
        assert sentence in wrong.stderr


def test_the_help_names_every_pipeline() -> None:
    help_ = cli.commands["pipeline"].help or ""
    assert set(re.findall(r"\w+", help_.splitlines()[0])) >= set(DEFINITIONS)


def test_kedro_knows_the_project(tmp_path: Path) -> None:
    listed = kedro(tmp_path, "registry", "list")
    assert (listed.returncode, "- cubes" in listed.stdout) == (0, True)
