"""Values outside an event's fields appear nowhere: not in dead letters, tables, logs or metrics."""

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import structlog
from prometheus_client import generate_latest

from functions.function import AnyFunction
from schema.streams import DEADLETTER
from tests.support import events
from tests.support.cli import anlyt
from tests.support.database import connected
from tests.support.platform import BILLING, DELIVERY, Platform, with_batch
from tests.support.validity import Message
from tools.export import ROOT

pytestmark = pytest.mark.anyio

MSISDN, BODY = "93701234567", "meet-me-at-the-bridge"
SECRET: Mapping[str, Any] = {"msisdn": MSISDN, "body": BODY, MSISDN: BODY, "list": [int(MSISDN), {"body": BODY}]}
NOWHERE = "http://nobody@127.0.0.1:1/anlyt"
TABLES = """
select format('%I.%I', table_schema, table_name) from information_schema.tables
where table_schema = 'anlyt' and table_type = 'BASE TABLE'
"""


def _messages(good: Mapping[str, Any]) -> Iterator[Message]:
    full = json.dumps({**good, **SECRET})
    yield Message(full.encode())
    yield Message(full[:-1].encode())
    yield Message(f"[{full}]".encode())
    yield Message(f"{MSISDN} {BODY}".encode())
    yield Message(b"\xff" + full.encode())
    yield Message(full.encode("utf-16"))
    for field in good:
        for value in (SECRET, [SECRET], [MSISDN, BODY]):
            yield Message(json.dumps({**good, field: value}).encode())
        for number in (MSISDN, f"+{MSISDN}", f"to +{MSISDN}", f"tel:{MSISDN}", int(MSISDN), [int(MSISDN)]):
            yield Message(json.dumps({**good, "latencyMs": -1, "segmentCount": -1, field: number}).encode())
    month = "2026-13-01T00:00:00Z"
    for bad in ({"eventId": ""}, {"receivedAt": month, "billedAt": month}, {"schemaVersion": "2"}):
        yield Message(json.dumps({**good, **bad, **SECRET}).encode())
    nameless = json.dumps({name: value for name, value in good.items() if name != "tenantId"}).encode()
    trace = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    yield Message(nameless, {"X-Tenant-Id": f"+{MSISDN} {BODY}", "To": MSISDN})
    yield Message(nameless, {**trace, "baggage": f"{MSISDN} {BODY}", "tracestate": f"{MSISDN} {BODY}"})
    yield Message(nameless, {"traceparent": f"{MSISDN} {BODY}"})


async def _stored(platform: Platform) -> list[str]:
    async with connected(platform.dsn) as connection:
        tables = [row[0] for row in await connection.fetch(TABLES)]
        rows = [await connection.fetch(f"select t::text from {table} t") for table in tables]
    return [row[0] for part in rows for row in part]


async def _printed(platform: Platform, folder: Path, *arguments: str) -> str:
    """The output of `anlyt deadletters`."""
    settings = {"ANLYT_NATS_URL": platform.url, "ANLYT_POSTGRES_DSN": platform.dsn, "ANLYT_CLICKHOUSE_DSN": NOWHERE}
    ran = await asyncio.to_thread(anlyt, folder, "deadletters", *arguments, **settings)
    assert ran.returncode == 0, ran
    return ran.stdout + ran.stderr


@pytest.mark.parametrize(("function", "make"), [(BILLING, events.billing), (DELIVERY, events.report)])
async def test_it_is_seen_nowhere(
    platform: Platform,
    function: AnyFunction,
    make: events.Make,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    messages = list(_messages(make(Random(1), datetime.now(UTC))))
    with structlog.testing.capture_logs() as logs:
        await platform.publish(function.stream, messages)
        await platform.drain(with_batch(function, 10))
    dead_letters = [
        f"{dead_letter.data!r} {dead_letter.headers}"
        for dead_letter in (await platform.stored_messages(DEADLETTER)).values()
    ]
    stored = await _stored(platform)
    commands_output = [
        await _printed(platform, tmp_path, *arguments) for arguments in (["list"], ["show", "1"], ["show", "40"])
    ]
    printed = capfd.readouterr()
    assert len(dead_letters) > 80
    assert len(stored) > 5
    outputs = [
        *dead_letters,
        *stored,
        repr(logs),
        caplog.text,
        *commands_output,
        printed.out,
        printed.err,
        generate_latest().decode(),
    ]
    for text in outputs:
        assert MSISDN not in text
        assert BODY not in text


# Runs in its own process: logging is configured once per process.
PROGRAM = """
import logging
import sys
from infra.telemetry import configure_logs, logger

configure_logs("json")
msisdn = sys.argv[1]
try:
    int(f"{msisdn}x")
except ValueError as error:
    logger().exception("failed", error=repr(error), why=f"+93 701 234 567 and {msisdn}")
logging.getLogger("library").error("refused %s", msisdn)
"""


def test_a_log_line_masks_what_others_worded() -> None:
    """An engine's message and a traceback may quote a value."""
    command = [sys.executable, "-c", PROGRAM, MSISDN]
    printed = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, timeout=60, check=True).stderr
    assert printed.count("***") > 3
    assert MSISDN not in printed
    assert "701 234" not in printed
