"""Runs the commands of docs/MIGRATION_PLAN.md as written, on a platform with events."""

import asyncio
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from functions import FUNCTIONS, METRICS
from infra.embedded.engine import Engine
from schema.streams import BILLING_EVENTS, CDR_EVENTS, COMPLIANCE_AUDIT, SMS_DLR
from tests.support import events, fact_events
from tests.support.cli import anlyt
from tests.support.fact_reference import expect as expect_facts
from tests.support.platform import Platform, open_platform
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message
from tests.support.warehouse import fact_differences
from tools.export import ROOT

pytestmark = pytest.mark.anyio

PAGE = ROOT / "docs/MIGRATION_PLAN.md"


def blocks() -> list[list[list[str]]]:
    """The arguments of each command, by shell block."""
    texts = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return [[shlex.split(line) for line in block.splitlines()] for block in texts]


async def _run(folder: Path, settings: dict[str, str], command: list[str]) -> None:
    assert command[0] == "anlyt"
    process = await asyncio.to_thread(anlyt, folder, *command[1:], **settings)
    # Retries of a busy NATS and successes are no complaints.
    harmless = ("trying again", '"level": "info"')
    complaints = [line for line in process.stderr.splitlines() if not any(each in line for each in harmless)]
    assert (process.returncode, complaints) == (0, []), command


async def _publish(platform: Platform, random: Random, now: datetime) -> dict[str, list[Message]]:
    sent = {
        "billing": events.messages(random, events.billing, now, 200),
        "reports": events.messages(random, fact_events.report, now, 200),
        "records": events.messages(random, fact_events.record, now, 200),
        "evaluations": events.messages(random, fact_events.evaluation, now, 200),
    }
    streams = (BILLING_EVENTS, SMS_DLR, CDR_EVENTS, COMPLIANCE_AUDIT)
    for stream, messages in zip(streams, sent.values(), strict=True):
        await platform.publish(stream, messages)
    return sent


async def test_the_commands_of_the_plan_work(server: Engine, database: str, warehouse: str, tmp_path: Path) -> None:
    """Current figures are corrupted before the rebuild."""
    settings = {"ANLYT_NATS_URL": server.url, "ANLYT_POSTGRES_DSN": database, "ANLYT_CLICKHOUSE_DSN": warehouse}
    migrate, first, replay, rebuild = blocks()
    assert [command[2] for command in first] == [function.name for function in FUNCTIONS]
    assert [command[2] for command in rebuild] == [function.name for function in METRICS]
    async with open_platform(server.url, database, warehouse) as platform:
        now = datetime.now(UTC)  # the streams begin in this hour or before; a rebuild starts with this hour
        sent = await _publish(platform, Random(91), now)
        for command in migrate:
            await _run(tmp_path, settings, command)
        for block in (first, replay):
            await asyncio.gather(*[_run(tmp_path, settings, command) for command in block])
            assert [await platform.pending_count(function) for function in FUNCTIONS] == [0] * len(FUNCTIONS)
            assert await differences(database, expect(sent["billing"], sent["reports"], now), rolled=True) == []
        wrong = "update anlyt.metrics_hourly set segments = -1, peak_tps = 0 where hour_bucket >= $1"
        await platform.pool.execute(wrong, now.replace(minute=0, second=0, microsecond=0))
        for command in rebuild:
            await _run(tmp_path, settings, command)
    assert await differences(database, expect(sent["billing"], sent["reports"], now), rolled=True) == []
    facts = expect_facts(sent["reports"], sent["records"], sent["evaluations"], arrived=now)
    assert await fact_differences(warehouse, facts) == []
