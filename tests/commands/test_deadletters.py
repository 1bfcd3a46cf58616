"""`anlyt deadletters` and `anlyt backfill` with valid and invalid arguments: one sentence, and status 0, 1 or 2."""

import asyncio
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from schema.streams import BILLING_EVENTS, DEADLETTER, SMS_DLR
from tests.support.cli import anlyt
from tests.support.platform import DELIVERY, Platform, with_batch
from tests.support.validity import Message

pytestmark = pytest.mark.anyio

MOST = 2**63 - 1
NOT_THERE = "There is no dead letter {}; `anlyt deadletters list` shows them."


@pytest.fixture
async def dead_letters(platform: Platform) -> Platform:
    """A service with three dead letters."""
    await platform.publish(SMS_DLR, [Message(b"%d" % number) for number in range(3)])
    await platform.drain(with_batch(DELIVERY, 100))
    return platform


async def _ran(platform: Platform, folder: Path, *arguments: str) -> "CompletedProcess[str]":
    nowhere = "http://nobody@127.0.0.1:1/anlyt"
    settings = {"ANLYT_NATS_URL": platform.url, "ANLYT_POSTGRES_DSN": platform.dsn, "ANLYT_CLICKHOUSE_DSN": nowhere}
    ran = await asyncio.to_thread(anlyt, folder, *arguments, **settings)
    assert "Traceback" not in ran.stderr
    assert "Error:" not in ran.stderr.replace("Error: ", "", ran.returncode == 2), "an error's name is no sentence"
    return ran


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        (["drop", "1", "1"], 0, "1: dropped\n"),
        (["drop", "3", "1", "3"], 0, "3: dropped\n1: dropped\n"),
        (["replay", "1", "1", "1"], 0, "1: sent to sms.dlr.inbound again\n"),
        (["drop", "1", "4"], 2, NOT_THERE.format(4)),
        (["replay", "4"], 2, NOT_THERE.format(4)),
        (["show", str(MOST)], 2, NOT_THERE.format(MOST)),
        (["drop", str(MOST)], 2, NOT_THERE.format(MOST)),
        (["drop", str(MOST + 1)], 2, "is not in the range"),
        (["drop", "0"], 2, "is not in the range"),
        (["drop", "-1"], 2, "No such option"),
        (["drop", "--", "-1"], 2, "is not in the range"),
        (["replay", "1.5"], 2, "is not a valid integer"),
        (["drop", ""], 2, "is not a valid integer"),
        (["drop", "1", "--all"], 2, "Give the numbers of dead letters, or --all."),
        (["replay"], 2, "Give the numbers of dead letters, or --all."),
        (["show"], 2, "Missing argument 'ID'"),
        (["show", "1", "2"], 2, "unexpected extra argument"),
        (["list", "1"], 2, "unexpected extra argument"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_arguments(
    dead_letters: Platform, tmp_path: Path, arguments: list[str], status: int, expected: str
) -> None:
    ran = await _ran(dead_letters, tmp_path, "deadletters", *arguments)
    if status:
        assert (ran.returncode, ran.stdout, expected in ran.stderr) == (status, "", True), ran
        assert len(await dead_letters.dead_letters()) == 3
    else:
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, expected, "")


async def test_what_is_gone_already(dead_letters: Platform, tmp_path: Path) -> None:
    assert (await _ran(dead_letters, tmp_path, "deadletters", "drop", "--all")).stdout.count(": dropped") == 3
    for arguments in (["drop", "--all"], ["replay", "--all"], ["list"]):
        ran = await _ran(dead_letters, tmp_path, "deadletters", *arguments)
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "No dead letters.\n", "")
    ran = await _ran(dead_letters, tmp_path, "deadletters", "drop", "1")
    assert (ran.returncode, NOT_THERE.format(1) in ran.stderr) == (2, True), ran


async def test_before_migrate(dead_letters: Platform, tmp_path: Path) -> None:
    await dead_letters.jetstream.delete_stream(DEADLETTER.name)
    for arguments in (["list"], ["show", "1"], ["replay", "1"], ["drop", "1"], ["drop", "--all"], ["replay", "--all"]):
        ran = await _ran(dead_letters, tmp_path, "deadletters", *arguments)
        assert ran.returncode == 2, ran
        assert ran.stderr == "anlyt: Stream ANLYT_DEADLETTER does not exist; run `anlyt migrate` first.\n"


async def test_what_the_server_refuses(dead_letters: Platform, tmp_path: Path) -> None:
    config = (await dead_letters.jetstream.stream_info(DEADLETTER.name)).config
    await dead_letters.jetstream.update_stream(config.evolve(deny_delete=True))
    ran = await _ran(dead_letters, tmp_path, "deadletters", "drop", "2")
    expected = "anlyt: Dead letter 2 cannot be dropped: message delete not permitted (JetStream error 10057).\n"
    assert (ran.returncode, ran.stderr) == (1, expected)


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        ([], 2, "Missing argument 'FUNCTION'"),
        ([""], 2, "FUNCTION  is unknown; choose from billing_metrics"),
        (["billing_metrics", "delivery_metrics"], 2, "unexpected extra argument"),
        (["billing_metrics", "--since"], 2, "requires an argument"),
        (["billing_metrics", "--since", "-1"], 2, "--since -1 is not a time with an offset"),
        (["billing_metrics", "--since", "9" * 40], 2, "is not a time with an offset"),
        (["billing_metrics", "--since", "2098-01-01T00:00:00Z"], 0, "0 messages were replayed"),
        (["billing_metrics", "--since", "2000-01-01T00:00:00Z"], 0, "0 messages were replayed"),
        (["billing_metrics", "--since", "2098-01-01T00:00:00Z", "--rebuild"], 2, "There is nothing to rebuild"),
        (["dlr_facts", "--rebuild"], 2, "dlr_facts needs no --rebuild"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
async def test_arguments_of_backfill(
    platform: Platform, tmp_path: Path, arguments: list[str], status: int, expected: str
) -> None:
    ran = await _ran(platform, tmp_path, "backfill", *arguments)
    assert ran.returncode == status, ran
    assert expected in ran.stdout + ran.stderr, ran


async def test_backfill_without_its_stream(platform: Platform, tmp_path: Path) -> None:
    await platform.jetstream.delete_stream(BILLING_EVENTS.name)
    for mode in ([], ["--rebuild"]):
        ran = await _ran(platform, tmp_path, "backfill", "billing_metrics", *mode)
        expected = "anlyt: Stream BILLING_EVENTS does not exist; run `anlyt migrate` first.\n"
        assert (ran.returncode, ran.stderr) == (2, expected), ran
