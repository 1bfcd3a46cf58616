"""Existing consumers are corrected without loss or double counting, or refused with one sentence."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from infra.consumers import UnsuitableError, ensure_consumer
from infra.suitability import MAX_ACK_PENDING, REWIND
from schema.streams import SMS_DLR
from tests.support.jetstream import SECOND, Config, alter, refused_by, request, some_reports
from tests.support.platform import DELIVERY, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences

pytestmark = pytest.mark.anyio

DURABLE = DELIVERY.durable
QUICK = with_batch(DELIVERY, 100)
OTHER = "sms.dlr.other"


async def make(platform: Platform, config: Config) -> None:
    own = {"durable_name": DURABLE, "ack_policy": "explicit", "deliver_policy": "all", **config}
    own = {name: value for name, value in own.items() if value is not None}
    await request(platform, f"CONSUMER.DURABLE.CREATE.SMS_DLR.{DURABLE}", {"stream_name": "SMS_DLR", "config": own})


async def config_of(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = (await request(platform, f"CONSUMER.INFO.SMS_DLR.{DURABLE}"))["config"]
    found["metadata"] = {name: value for name, value in found["metadata"].items() if not name.startswith("_nats.")}
    return {name: value for name, value in found.items() if value or name not in {"metadata", "num_replicas"}}


WANTED: Config = {
    **{"durable_name": DURABLE, "name": DURABLE, "deliver_policy": "all", "ack_policy": "explicit"},
    **{"ack_wait": 60 * SECOND, "max_deliver": -1, "filter_subject": SMS_DLR.subject, "replay_policy": "instant"},
    **{"max_waiting": 512, "max_ack_pending": MAX_ACK_PENDING},
}
WRONG: Sequence[Config] = [
    {"filter_subject": OTHER},
    {"filter_subject": None, "filter_subjects": [OTHER, "sms.dlr.third"]},
    {"filter_subject": "sms.dlr.>"},
    {"filter_subject": None},
    {"headers_only": True},
    {"max_deliver": 1},
    {"max_deliver": 3, "backoff": [SECOND, 2 * SECOND]},
    {"ack_wait": SECOND // 100},
    {"ack_wait": 3600 * SECOND},
    {"max_ack_pending": 1},
    {"max_batch": 1},
    {"max_expires": SECOND},
    {"max_bytes": 100},
    {"inactive_threshold": SECOND},
    {"priority_policy": "overflow", "priority_groups": ["a"]},
    {"pause_until": "2999-01-01T00:00:00Z"},
    {"max_deliver": 1, "headers_only": True, "filter_subject": OTHER, "max_ack_pending": 5},
]
GOOD: Config = {"filter_subject": SMS_DLR.subject, "max_ack_pending": MAX_ACK_PENDING, "ack_wait": 60 * SECOND}


async def take(platform: Platform, count: int) -> None:
    """Fetches messages, and negatively acknowledges them; terminates those without data."""
    inbox, config = platform.client.new_inbox(), await config_of(platform)
    subscription = await platform.client.subscribe(inbox)
    wanted: dict[str, object] = {"batch": 1 if "max_batch" in config else count, "expires": SECOND // 2}
    wanted |= {"group": "a"} if "priority_groups" in config else {}
    subject = f"$JS.API.CONSUMER.MSG.NEXT.SMS_DLR.{DURABLE}"
    await platform.client.publish(subject, json.dumps(wanted).encode(), reply=inbox)
    with suppress(TimeoutError):
        while (message := await subscription.next_msg(0.7)).reply:
            await (message.term() if "headers_only" in config else message.nak())
    await subscription.unsubscribe()


@pytest.mark.parametrize("wrong", WRONG, ids=str)
async def test_a_consumer_is_put_right_and_nothing_is_lost_or_doubled(platform: Platform, wrong: Config) -> None:
    """This includes messages that the consumer has skipped, and events that were counted before."""
    await alter(platform, "SMS_DLR", subjects=[SMS_DLR.subject, OTHER])
    messages = some_reports(60)
    await platform.publish(SMS_DLR, messages[:20])
    await platform.drain(QUICK)
    await platform.jetstream.delete_consumer("SMS_DLR", DURABLE)
    await make(platform, {**GOOD, **wrong})
    await platform.jetstream.publish(OTHER, b"something else")
    await platform.publish(SMS_DLR, messages[20:40])
    await take(platform, 10)
    async with platform.running_workers(QUICK, QUICK):
        await platform.publish(SMS_DLR, messages[40:])
        async with asyncio.timeout(20):
            while await differences(platform.dsn, expect([], messages, datetime.now(UTC))):
                await asyncio.sleep(0.1)
    found = await config_of(platform)
    assert found == WANTED
    assert [dead_letter for dead_letter in await platform.dead_letters() if dead_letter.subject != OTHER] == []


async def test_a_consumer_that_may_have_passed_over_messages_and_was_not_moved_back_in_time(
    platform: Platform,
) -> None:
    """The state after a kill between the correction and the rewind."""
    messages = some_reports(20)
    await make(platform, {**GOOD, "metadata": {REWIND: "due", "team": "billing"}})
    await platform.publish(SMS_DLR, messages)
    reading = await platform.jetstream.pull_subscribe_bind(DURABLE, "SMS_DLR")
    for message in await reading.fetch(10):
        await message.ack_sync()
    await reading.unsubscribe()
    await platform.drain(QUICK)
    assert await differences(platform.dsn, expect([], messages, datetime.now(UTC))) == []
    assert await config_of(platform) == {**WANTED, "metadata": {"team": "billing"}}


async def test_what_others_may_choose_is_left_as_it_is(platform: Platform) -> None:
    chosen = {**GOOD, "ack_wait": 90 * SECOND, "max_ack_pending": 100_000, "max_waiting": 100, "sample_freq": "10"}
    await make(platform, {**chosen, "description": "theirs"})
    before = await config_of(platform)
    await ensure_consumer(platform.jetstream, SMS_DLR, DURABLE)
    assert await config_of(platform) == before


REFUSED: Sequence[tuple[Config, str]] = [
    ({"ack_policy": "none"}, "ack_policy none where explicit is wanted"),
    ({"ack_policy": "all"}, "ack_policy all where explicit is wanted"),
    ({"deliver_policy": "new"}, "deliver_policy new where all is wanted"),
    ({"deliver_policy": "last"}, "deliver_policy last where all is wanted"),
    (
        {"deliver_policy": "by_start_sequence", "opt_start_seq": 9},
        "deliver_policy by_start_sequence where all is wanted",
    ),
    (
        {"deliver_policy": "by_start_time", "opt_start_time": "2026-01-01T00:00:00Z"},
        "deliver_policy by_start_time where all is wanted",
    ),
    ({"replay_policy": "original"}, "replay_policy original where instant is wanted"),
    ({"max_waiting": 2}, "max_waiting 2 where 16 or more is wanted"),
    ({"deliver_subject": "push"}, "deliver_subject push where none is wanted"),
    (
        {"ack_policy": "none", "replay_policy": "original"},
        "ack_policy none where explicit is wanted and replay_policy original where instant is wanted",
    ),
]


@pytest.mark.parametrize(
    ("wrong", "sentence"), REFUSED, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
async def test_what_no_server_changes_is_refused(
    platform: Platform, tmp_path: Path, wrong: Config, sentence: str
) -> None:
    await make(platform, {**GOOD, **wrong})
    before = await config_of(platform)
    ran = await refused_by(platform, tmp_path, "ingest", "--function", "delivery_metrics")
    assert ran == (
        f"anlyt: Consumer {DURABLE} of SMS_DLR has {sentence}; delete it: it is created again, and no event is counted "
        "twice.\n"
    )
    assert await config_of(platform) == before


async def test_a_consumer_that_cannot_be_made_says_why(platform: Platform) -> None:
    await alter(platform, "SMS_DLR", consumer_limits={"max_ack_pending": 10})
    with pytest.raises(
        UnsuitableError, match=r"Consumer anlyt-dlr-consumer cannot be created on SMS_DLR: .*JetStream error"
    ):
        await ensure_consumer(platform.jetstream, SMS_DLR, DURABLE)


async def test_a_consumer_that_the_server_does_not_correct_says_why(platform: Platform) -> None:
    await make(platform, {**GOOD, "max_ack_pending": 5})
    await alter(platform, "SMS_DLR", consumer_limits={"max_ack_pending": 10})
    with pytest.raises(
        UnsuitableError, match=r"has max_ack_pending 5 where 60000 or more is wanted \(.*limit.*\); delete it"
    ):
        await ensure_consumer(platform.jetstream, SMS_DLR, DURABLE)


async def test_a_consumer_that_is_replaced_while_workers_read_is_logged(platform: Platform) -> None:
    """The replacement cannot be corrected; when it is deleted, the workers create theirs."""
    messages = some_reports(10)
    with capture_logs() as logs:
        async with platform.running_workers(QUICK):
            await platform.publish(SMS_DLR, messages[:5])
            await platform.wait_until_drained(QUICK)
            await platform.jetstream.delete_consumer("SMS_DLR", DURABLE)
            with suppress(AssertionError):  # a worker may have created it already
                await make(platform, {**GOOD, "ack_policy": "none"})
            found = (await config_of(platform))["ack_policy"]
            await platform.publish(SMS_DLR, messages[5:])
            await asyncio.sleep(1)
            if found == "none":
                await platform.jetstream.delete_consumer("SMS_DLR", DURABLE)
            await platform.wait_until_drained(QUICK)
    reasons = [line["why"] for line in logs if line["event"] == "consumer cannot be restored"]
    assert len(reasons) == (found == "none")
    assert all("has ack_policy none where explicit is wanted" in line for line in reasons)
    assert await differences(platform.dsn, expect([], messages, datetime.now(UTC))) == []
