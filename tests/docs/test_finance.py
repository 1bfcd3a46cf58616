"""Runs the commands of docs/finance.md as they are written, on a week of the demo with its planted error."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from graph.app import create_app
from graph.http.server import serving
from infra.settings import read_settings
from pipelines.stores import Stores
from tests.support.billed import count, count_demo
from tests.support.pipelines import NOBODY_CLICKHOUSE, NOBODY_NATS, stores_of
from tests.support.runbooks import shell
from tests.support.warehouse import NO_CLICKHOUSE
from tools.export import ROOT

pytestmark = pytest.mark.anyio


def blocks() -> list[str]:
    """The texts of the page's sh blocks."""
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs/finance.md").read_text(), re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """The commands of the page: `head` sets the variables that each of `steps` uses."""

    stores: Stores
    day: str
    head: str
    steps: Sequence[str]
    folder: Path
    settings: Mapping[str, str]

    async def run(self, step: str) -> str:
        """Runs a step; returns what it prints."""
        ran = await asyncio.to_thread(shell, self.folder, self.head + step, **self.settings)
        assert ran.returncode == 0, (step, ran)
        assert "Traceback" not in ran.stderr
        return ran.stdout


@asynccontextmanager
async def opened(database: str, folder: Path) -> AsyncIterator[Page]:
    """The page's commands, against an API over a week of the demo."""
    settings = {
        "ANLYT_POSTGRES_DSN": database,
        "ANLYT_NATS_URL": NOBODY_NATS,
        "ANLYT_CLICKHOUSE_DSN": NOBODY_CLICKHOUSE,
    }
    async with stores_of(database) as stores:
        day = str(await count_demo(stores))
        app = create_app(read_settings({}), stores.postgres, {}, clickhouse=NO_CLICKHOUSE, development=True)
        async with serving(app, "127.0.0.1", 0) as url:
            head, *steps = blocks()
            assert "http://127.0.0.1:3030" in head
            assert "2026-10-07" in head
            head = head.replace("http://127.0.0.1:3030", url).replace("2026-10-07", day)
            yield Page(stores, day, head, steps, folder, settings)


async def test_the_planted_error_is_found_and_accepted(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path) as page:
        ledger, compared, explained, answer, accepted = [await page.run(step) for step in page.steps[:5]]
    assert '"function":"billing_metrics"' in ledger
    assert "The day differs." in compared
    assert "= PRICE: Both sides have" in explained
    assert "billing's cost is 0.25 % above ours" in answer
    assert f"on {page.day} is accepted." in accepted


async def test_a_day_says_what_it_said(database: str, tmp_path: Path) -> None:
    async with opened(database, tmp_path) as page:
        rollup, listed, summary = page.steps[5:]
        await page.run(rollup)
        said = await page.stores.postgres.fetchval("select clock_timestamp()")
        assert json.loads(await page.run(listed))["changes"] == []
        example = "SAID=2026-10-09T06:00:00Z"
        assert example in summary
        before = summary.replace(example, f"SAID={said:%FT%T.%fZ}")
        first = json.loads(await page.run(before))
        await count(page.stores, [(said, charge(page.day))])
        await page.run(rollup)
        (change,) = json.loads(await page.run(listed))["changes"]
        assert (change["id"], change["events"], change["change"]["totalCost"]) == ("acc-late", 1, "0.500000")
        again, now = json.loads(await page.run(before)), await page.run(before.replace("&asOf=$SAID", ""))
    assert again == first
    assert json.loads(now)["totalMessages"] == first["totalMessages"] + 1


def charge(day: str) -> bytes:
    """A charge of a day, which comes late."""
    fields = {
        "schemaVersion": "1",
        "eventId": "late",
        "messageId": "m-late",
        "accountId": "acc-late",
        "tenantId": "t-late",
        "operatorId": "op-late",
        "segmentCount": 1,
        "costPerSegment": "0.5",
        "totalCost": "0.5",
        "currency": "USD",
        "status": "BILLED",
        "billedAt": f"{day}T12:00:00Z",
    }
    return json.dumps(fields).encode()
