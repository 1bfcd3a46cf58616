"""Runs the commands of docs/finance.md as they are written, on the error that the demo plants."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from graph.app import create_app
from graph.http.server import serving
from infra.settings import read_settings
from pipelines.stores import Stores
from tests.support.billed import count_demo
from tests.support.pipelines import NOBODY_CLICKHOUSE, NOBODY_NATS, stores_of
from tests.support.runbooks import shell
from tests.support.warehouse import NO_CLICKHOUSE
from tools.export import ROOT

pytestmark = pytest.mark.anyio


def blocks() -> list[str]:
    """The texts of the page's sh blocks."""
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/finance.md").read_text(), re.MULTILINE | re.DOTALL)


async def run(stores: Stores, folder: Path, settings: Mapping[str, str], day: str) -> list[str]:
    """Runs all blocks against an API; returns what each prints."""
    app = create_app(read_settings({}), stores.postgres, {}, clickhouse=NO_CLICKHOUSE, development=True)
    async with serving(app, "127.0.0.1", 0) as url:
        head, *steps = blocks()
        head = head.replace("http://127.0.0.1:3030", url).replace("2026-10-07", day)
        assert url in head
        assert day in head
        printed = []
        for step in steps:
            ran = await asyncio.to_thread(shell, folder, head + step, **settings)
            assert ran.returncode == 0, (step, ran)
            assert "Traceback" not in ran.stderr
            printed.append(ran.stdout)
        return printed


async def test_the_planted_error_is_found_and_accepted(database: str, tmp_path: Path) -> None:
    settings = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_NATS_URL": NOBODY_NATS,
        "ANLYT_CLICKHOUSE_DSN": NOBODY_CLICKHOUSE,
    }
    async with stores_of(database) as stores:
        day = str(await count_demo(stores))
        ledger, compared, explained, answer, accepted = await run(stores, tmp_path, settings, day)
    assert '"function":"billing_metrics"' in ledger
    assert "The day differs." in compared
    assert "= PRICE: Both sides have" in explained
    assert "billing's cost is 0.25 % above ours" in answer
    assert f"on {day} is accepted." in accepted
