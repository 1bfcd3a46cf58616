"""Runs the commands of the runbooks as they are written."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from functions import FACTS
from infra.embedded.engine import Engine
from ingest import deadletters
from pipelines.pipeline_registry import DEFINITIONS
from schema.streams import SMS_DLR
from tests.support import events
from tests.support.pipelines import stores_of
from tests.support.platform import DELIVERY, open_platform, with_batch
from tests.support.reference import expect
from tests.support.runbooks import RUNBOOKS, blocks, shell
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio


async def test_a_day_that_differs_is_inspected_fixed_and_compared_again(database: str, tmp_path: Path) -> None:
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
        assert f"anlyt: Our cost differs from billing's: {day} AFN MISSING_OURS by 100 %; see" in ran.stderr
        assert "Traceback" not in ran.stderr
        shown = await asyncio.to_thread(shell, tmp_path, log, **engines)
        assert (shown.returncode, "MISSING_OURS" in shown.stdout) == (0, True), shown
        shown = await asyncio.to_thread(shell, tmp_path, hours, **engines)
        assert (shown.returncode, "(0 rows)" in shown.stdout) == (0, True), shown
        await stores.postgres.execute("update billing.daily_totals set total_cost = 0")
        ran = await asyncio.to_thread(shell, tmp_path, again, **engines)
        assert (ran.returncode, "reconciliation: done, 1 compared" in ran.stdout) == (0, True), ran


async def test_dead_letters_are_replayed_from_the_first_step_to_the_last(
    database: str, warehouse: str, server: Engine, tmp_path: Path
) -> None:
    """Five reports are too far in the future, until time passes. Two functions read them: dead letters 1 to 10."""
    now = datetime.now(UTC)
    late = {"receivedAt": (now + timedelta(hours=24, seconds=5)).isoformat()}
    reports = [Message(json.dumps(events.report(Random(seed), now) | late).encode()) for seed in range(5)]
    readers = [with_batch(function, 100) for function in (DELIVERY, FACTS[0])]
    addresses = {"ANLYT_NATS_URL": server.url, "ANLYT_POSTGRES_DSN": database, "ANLYT_CLICKHOUSE_DSN": warehouse}
    one, others, rest = blocks("dead-letters.md")
    async with open_platform(server.url, database, warehouse) as platform:

        async def step(script: str) -> tuple[int, list[str], list[int]]:
            """Runs a script and reads the events; returns the status, the printed lines, and the dead letters' ids."""
            ran = await asyncio.to_thread(shell, tmp_path, script, **addresses)
            await platform.drain(*readers)
            numbers = await deadletters.ids(platform.jetstream)
            return ran.returncode, [*ran.stdout.splitlines(), *ran.stderr.splitlines()], numbers

        await platform.publish(SMS_DLR, reports)
        for reader in readers:
            await platform.drain(reader)
        assert await deadletters.ids(platform.jetstream) == list(range(1, 11))
        await asyncio.sleep((now + timedelta(seconds=5.5) - datetime.now(UTC)).total_seconds())
        await platform.jetstream.delete_msg(SMS_DLR.name, 4)
        status, printed, left = await step(one)
        assert (status, left) == (0, [1, 3, 4, 5, 6, 8, 9, 10]), printed
        assert "2, 7: sent to sms.dlr.inbound again" in printed
        status, printed, left = await step(others)
        assert (status, left) == (1, [4, 9]), printed
        assert printed[-1] == "anlyt: 1 of 4 events could not be sent again; their dead letters stay."
        status, printed, left = await step(rest)
        assert (status, left) == (0, []), printed
        assert printed[-3:] == ["4: dropped", "9: dropped", "No dead letters."]
    counted = [report for number, report in enumerate(reports, 1) if number != 4]
    assert await differences(database, expect([], counted, now + timedelta(minutes=1))) == []


def test_every_pipeline_is_in_the_runbook_with_its_command() -> None:
    page = (RUNBOOKS / "pipelines.md").read_text()
    for name in DEFINITIONS:
        assert f"| `{name}` | " in page
        assert re.search(rf"^anlyt pipeline {name} ", page, re.MULTILINE)
