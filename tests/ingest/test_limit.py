"""A function stops at its dead-letter limit and writes nothing off, also with mixed events, kills and restarts."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import httpx
import pytest
from prometheus_client import REGISTRY

from infra.errors import UsageError
from infra.settings import read_settings
from ingest.limit import Limit, LimitGuard, limit_guards
from schema.streams import SMS_DLR
from tests.support import events
from tests.support.chaos import make_short_ack_consumers
from tests.support.cli import Running, anlyt, running
from tests.support.dead_letters import dead_letter_differences
from tests.support.platform import DELIVERY, PATIENCE, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

NAME = DELIVERY.name


def guard(share: int = 50, size: int = 10, least: int = 3) -> LimitGuard:
    return LimitGuard(NAME, Limit(share, size, least))


def admits(limited: LimitGuard, flags: str) -> bool:
    """Whether a batch is admitted; an `x` in `flags` stands for a bad message."""
    return limited.admits(len(flags), [index for index, flag in enumerate(flags) if flag == "x"])


@pytest.mark.parametrize(
    ("batches", "exceeded"),
    [
        (["xx"], False),
        (["xxx"], True),
        (["xx", "x"], True),
        (["xxx..."], False),
        (["xxx.."], True),
        (["xxxxx....."], False),
        (["xxxxxx...."], True),
        (["..........", "xxxxx"], False),
        (["..........", "xxxxx", "x"], True),
        (["..........", "xxxxx", ".", ".", "xx"], True),
        (["xxxxx.....", ".....", "xxxx"], False),
        (["xxxxxxxxxx.........."], False),
        (["....................xxxxxx"], True),
        (["x."] * 50, False),
        ([""] * 3, False),
    ],
)
def test_more_than_a_share_of_the_last_messages(batches: Sequence[str], exceeded: bool) -> None:
    limited = guard()
    admitted = [admits(limited, batch) for batch in batches]
    assert admitted == [True] * (len(batches) - exceeded) + [False] * exceeded
    assert (limited.exceeded is not None) is exceeded


def test_once_passed_it_stays_so_and_says_why() -> None:
    limited = guard()
    assert REGISTRY.get_sample_value("anlyt_deadletter_limit_passed", {"function": NAME}) == 0
    assert not admits(limited, "xxxx.")
    assert not admits(limited, "." * 100)
    assert limited.exceeded == (
        "delivery_metrics has stopped: 4 of its last 5 messages are bad (limit: 50 %), and wait in their stream; "
        "docs/runbooks/AnlytDeadletterLimit.md says what to do."
    )
    assert REGISTRY.get_sample_value("anlyt_deadletter_limit_passed", {"function": NAME}) == 1
    assert admits(guard(), "xx"), "a process begins with nothing"


def test_without_a_limit_all_may_be_bad() -> None:
    accepted = limit_guards(["a", "b"], Limit(50, 10, 3), ["b"])
    assert not admits(accepted["a"], "x" * 100)
    assert admits(accepted["b"], "x" * 100)
    assert admits(guard(share=100), "x" * 100)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ANLYT_DEADLETTER_SHARE": "101"}, "ANLYT_DEADLETTER_SHARE must be a whole number from 1 to 100"),
        (
            {"ANLYT_DEADLETTER_LEAST": "20000"},
            "ANLYT_DEADLETTER_LEAST=20000 is more than ANLYT_DEADLETTER_WINDOW=10000",
        ),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_settings(settings)


def bad(count: int) -> list[Message]:
    return [Message(b'{"schemaVersion": "1", "eventId": "e-%d"}' % number) for number in range(count)]


def good(rng: Random, count: int) -> list[Message]:
    return [events.message(rng, events.report(rng, datetime.now(UTC))) for _ in range(count)]


@pytest.mark.parametrize(("count", "batch", "dead_letters"), [(10_000, 5000, 0), (3000, 300, 900)])
async def test_a_stream_of_bad_events_is_not_written_off(
    platform: Platform, count: int, batch: int, dead_letters: int
) -> None:
    """Bad messages below the limit become dead letters; the batch that exceeds it, and all later ones, stay."""
    await platform.publish(SMS_DLR, bad(count))
    function = with_batch(DELIVERY, batch, 1)
    for restarts in (1, 2):
        async with platform.running_workers(function, function, limit=Limit()) as watched, asyncio.timeout(PATIENCE):
            while not watched[NAME].exceeded:
                await asyncio.sleep(0.05)
        assert len(await platform.dead_letters()) == restarts * dead_letters
        assert await platform.pending_count(function) == count - restarts * dead_letters
    await platform.drain(function, function)
    assert len(await platform.dead_letters()) == count
    assert await dead_letter_differences(platform, [DELIVERY], datetime.now(UTC)) == []


async def test_a_mixed_stream_below_the_limit_goes_on(platform: Platform) -> None:
    rng = Random(3)
    messages = rng.sample([*good(rng, 2000), *bad(1500)], 3500)
    await platform.publish(SMS_DLR, messages)
    async with platform.running_workers(
        with_batch(DELIVERY, 1000), with_batch(DELIVERY, 500), limit=Limit()
    ) as watched:
        await platform.wait_until_drained(DELIVERY)
    assert watched[NAME].exceeded is None
    assert await differences(platform.dsn, expect([], messages, datetime.now(UTC))) == []
    assert await dead_letter_differences(platform, [DELIVERY], datetime.now(UTC)) == []


@asynccontextmanager
async def ingesting(platform: Platform, folder: Path, *more: str) -> AsyncIterator[tuple[Running, str]]:
    """The running command, and the address of its metrics."""
    settings = _settings(platform)
    with running(folder, "ingest", "--function", NAME, *more, **settings) as service:
        assert service.process.stdout is not None
        line = await asyncio.to_thread(service.process.stdout.readline)
        found = re.search(r"metrics at (\S+)/metrics", line)
        assert found, line
        yield service, found[1]


def _settings(platform: Platform) -> dict[str, str]:
    nowhere = "http://nobody@127.0.0.1:1/anlyt"
    return {"ANLYT_NATS_URL": platform.url, "ANLYT_POSTGRES_DSN": platform.dsn, "ANLYT_CLICKHOUSE_DSN": nowhere}


async def unready(url: str) -> str:
    """Waits until the process is not ready; returns the reason."""
    async with httpx.AsyncClient(base_url=url, timeout=30) as client, asyncio.timeout(PATIENCE):
        while (answer := await client.get("/health/ready")).status_code == 200:
            assert answer.json() == {"status": "ok"}
            await asyncio.sleep(0.05)
        assert answer.status_code == 503
        assert (await client.get("/health/live")).json() == {"status": "ok"}
        shown = (await client.get("/metrics")).text
        assert f'anlyt_deadletter_limit_passed{{function="{NAME}"}} 1.0' in shown
    [problem] = answer.json()["problems"]
    return str(problem)


async def test_killed_at_the_limit_and_let_on(platform: Platform, tmp_path: Path) -> None:
    """Kills it before and after the limit; with --accept-bad, every good event is counted, every bad one dead."""
    rng = Random(4)
    messages = [*good(rng, 500), *rng.sample([*good(rng, 500), *bad(3000)], 3500)]
    await make_short_ack_consumers(platform, [DELIVERY])
    await platform.publish(SMS_DLR, messages)
    async with ingesting(platform, tmp_path) as (service, _):
        await asyncio.sleep(rng.uniform(0, 0.2))
        service.process.send_signal(signal.SIGKILL)
    for number in (signal.SIGKILL, signal.SIGTERM):
        async with ingesting(platform, tmp_path) as (service, url):
            assert re.match(
                r"delivery_metrics has stopped: [\d,]+ of its last [\d,]+ messages are bad", await unready(url)
            )
            assert service.process.poll() is None
            service.process.send_signal(number)
            _, logged = await asyncio.to_thread(service.process.communicate)
        assert service.process.returncode in {-signal.SIGKILL, 0}
        lines = [json.loads(line) for line in logged.splitlines()]
        [logged_limit] = [line for line in lines if line["message"] == "dead-letter limit exceeded"]
        assert (logged_limit["level"], logged_limit["function"]) == ("error", NAME)
    assert len(await platform.dead_letters()) < 1000
    async with ingesting(platform, tmp_path, "--accept-bad", NAME) as (service, url):
        await platform.wait_until_drained(DELIVERY)
        assert (await asyncio.to_thread(httpx.get, f"{url}/health/ready")).status_code == 200
        service.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(service.process.communicate)
    assert await differences(platform.dsn, expect([], messages, datetime.now(UTC))) == []
    assert await dead_letter_differences(platform, [DELIVERY], datetime.now(UTC)) == []


async def test_what_is_accepted_must_run_here(platform: Platform, tmp_path: Path) -> None:
    arguments = ("ingest", "--function", NAME, "--accept-bad", "dlr_facts")
    ran = await asyncio.to_thread(anlyt, tmp_path, *arguments, **_settings(platform))
    message = "anlyt: --accept-bad dlr_facts is not a function that runs here; choose from delivery_metrics.\n"
    assert (ran.returncode, ran.stderr) == (2, message)


@pytest.mark.parametrize("mode", [[], ["--rebuild"]], ids=["replay", "rebuild"])
async def test_a_backfill_ends_at_the_limit_and_a_rebuild_swaps_nothing_in(
    platform: Platform, tmp_path: Path, mode: list[str]
) -> None:
    messages = [*good(Random(5), 300), *bad(2000)]
    await platform.publish(SMS_DLR, messages)
    await platform.drain(DELIVERY)
    arguments = ("backfill", NAME, *mode)
    ran = await asyncio.to_thread(anlyt, tmp_path, *arguments, **_settings(platform))
    assert ran.returncode == 1, ran
    assert re.search(
        r"^anlyt: delivery_metrics has stopped: [\d,]+ of its last [\d,]+ messages are bad", ran.stderr, re.M
    )
    assert await differences(platform.dsn, expect([], messages, datetime.now(UTC))) == []
    ran = await asyncio.to_thread(anlyt, tmp_path, *arguments, "--accept-bad", **_settings(platform))
    assert ran.returncode == 0, ran
    assert await differences(platform.dsn, expect([], messages, datetime.now(UTC)), rolled=True) == []
    assert await dead_letter_differences(platform, [DELIVERY], datetime.now(UTC)) == []
