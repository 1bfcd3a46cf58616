"""What is no field of an event is seen nowhere: not in letters, tables, logs or metrics."""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
import structlog
from prometheus_client import generate_latest

from schema.streams import DEADLETTER, SMS_DLR
from tests.support import events
from tests.support.database import connected
from tests.support.platform import DELIVERY, Platform, cut
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

MSISDN, BODY = "93701234567", "meet-me-at-the-bridge"
SECRET: Mapping[str, Any] = {"msisdn": MSISDN, "body": BODY, MSISDN: BODY, "list": [int(MSISDN), {"body": BODY}]}
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
    for bad in ({"latencyMs": -1}, {"eventId": ""}, {"receivedAt": "2026-13-01T00:00:00Z"}, {"schemaVersion": "2"}):
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


async def test_it_is_seen_nowhere(
    platform: Platform, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    messages = list(_messages(events.report(Random(1), datetime.now(UTC))))
    with structlog.testing.capture_logs() as logs:
        await platform.publish(SMS_DLR, messages)
        await platform.drain(cut(DELIVERY, 10))
    letters = [f"{letter.data!r} {letter.headers}" for letter in (await platform.kept(DEADLETTER)).values()]
    stored = await _stored(platform)
    printed = capfd.readouterr()
    assert len(letters) > 40
    assert len(stored) > 5
    seen = [*letters, *stored, repr(logs), caplog.text, printed.out, printed.err, generate_latest().decode()]
    for text in seen:
        assert MSISDN not in text
        assert BODY not in text
