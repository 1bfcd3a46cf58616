"""What tests of streams and consumers do with JetStream, as its owner would."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from tests.support import events
from tests.support.cli import anlyt
from tests.support.platform import Platform
from tests.support.validity import Message

SECOND = 10**9  # nanoseconds
Config = Mapping[str, Any]


async def request(platform: Platform, subject: str, body: Config | None = None) -> dict[str, Any]:
    """The answer of the JetStream API, which must be no error."""
    payload = b"" if body is None else json.dumps(body).encode()
    answer: dict[str, Any] = json.loads((await platform.client.request(f"$JS.API.{subject}", payload, timeout=5)).data)
    assert "error" not in answer, answer
    return answer


async def alter(platform: Platform, name: str, **changes: Any) -> None:
    """Alters a stream, as its owner would."""
    config = (await request(platform, f"STREAM.INFO.{name}"))["config"]
    await request(platform, f"STREAM.UPDATE.{name}", config | changes)


def some_reports(count: int) -> list[Message]:
    """Delivery reports of now, the same ones in every run but for their times."""
    rng, now = Random(7), datetime.now(UTC)
    return [events.message(rng, events.report(rng, now)) for _ in range(count)]


async def refused_by(platform: Platform, folder: Path, *arguments: str) -> str:
    """The stderr of a command. Fails unless the command ends with status 1."""
    nowhere = "http://nobody@127.0.0.1:1/anlyt"
    settings = {"ANLYT_NATS_URL": platform.url, "ANLYT_POSTGRES_DSN": platform.dsn, "ANLYT_CLICKHOUSE_DSN": nowhere}
    ran = await asyncio.to_thread(anlyt, folder, *arguments, **settings)
    assert ran.returncode == 1, ran
    return ran.stderr
