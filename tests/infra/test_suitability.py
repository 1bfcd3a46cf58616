"""Existing streams are refused or reported with one sentence, and never altered."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from nats.js.errors import APIError

from infra.consumers import UnsuitableError, check_streams
from infra.suitability import covers, stream_warnings
from schema.streams import DEADLETTER, SMS_DLR, STREAMS
from tests.support.jetstream import SECOND, Config, alter, refused_by, request, some_reports
from tests.support.platform import DELIVERY, Platform, with_batch
from tests.support.reference import expect
from tests.support.stored import differences

pytestmark = pytest.mark.anyio

QUICK = with_batch(DELIVERY, 100)


@pytest.mark.parametrize("retention", ["workqueue", "interest"])
async def test_a_stream_that_forgets_what_was_read_is_refused(
    platform: Platform, tmp_path: Path, retention: str
) -> None:
    await platform.jetstream.delete_stream("SMS_DLR")
    config = {"name": "SMS_DLR", "subjects": [SMS_DLR.subject], "retention": retention}
    await request(platform, "STREAM.CREATE.SMS_DLR", config)
    sentence = f"anlyt: Stream SMS_DLR has retention {retention} where limits is wanted; its owner has to change it.\n"
    assert await refused_by(platform, tmp_path, "ingest") == sentence
    assert await refused_by(platform, tmp_path, "backfill", "delivery_metrics") == sentence
    assert await refused_by(platform, tmp_path, "migrate", "--check")
    with pytest.raises(UnsuitableError, match=f"retention {retention}"):
        await check_streams(platform.jetstream, STREAMS)
    found = (await request(platform, "STREAM.INFO.SMS_DLR"))["config"]["retention"]
    assert found == retention, "a stream is never altered"


async def test_other_streams_that_are_useless(platform: Platform) -> None:
    js = platform.jetstream
    await alter(platform, "SMS_DLR", subjects=["sms.dlr.elsewhere"])
    with pytest.raises(UnsuitableError, match=r"subjects sms\.dlr\.elsewhere where sms\.dlr\.inbound is wanted"):
        await check_streams(js, STREAMS)
    await alter(platform, "SMS_DLR", subjects=["sms.*.inbound"])
    assert await check_streams(js, STREAMS) == []
    for change, sentence in (
        ({"no_ack": True}, "no_ack true where false is wanted"),
        ({"no_ack": False, "max_msg_size": 100}, "max_msg_size 100 where 16384 or more is wanted"),
        ({"max_msg_size": -1, "sealed": True}, "sealed true where false is wanted"),
    ):
        await alter(platform, DEADLETTER.name, **change)
        with pytest.raises(UnsuitableError, match=f"Stream ANLYT_DEADLETTER has {sentence}"):
            await check_streams(js, STREAMS)


def test_a_single_copy_is_reported_in_a_cluster() -> None:
    config = {"num_replicas": 1}
    assert list(map(str, stream_warnings(config, SMS_DLR, clustered=True))) == ["num_replicas 1 where 3 is wanted"]
    assert not stream_warnings(config, SMS_DLR)


async def test_what_a_limit_discards_is_not_counted(platform: Platform) -> None:
    """`discard: old` loses the oldest events before a worker reads them; `discard: new` refuses them to producers."""
    messages = some_reports(40)
    kept = len(messages) // 2
    await alter(platform, "SMS_DLR", max_msgs=kept)
    await platform.publish(SMS_DLR, messages)
    await platform.drain(QUICK)
    assert await differences(platform.dsn, expect([], messages[-kept:], datetime.now(UTC))) == []
    await alter(platform, "SMS_DLR", max_msgs=kept, discard="new")
    with pytest.raises(APIError, match="maximum messages exceeded"):
        await platform.jetstream.publish(SMS_DLR.subject, messages[0].data)


@pytest.mark.parametrize(
    ("stream", "change", "sentence"),
    [
        ("SMS_DLR", {"max_age": 86_400 * SECOND}, "max_age 1 day where 7 days or more is wanted"),
        ("SMS_DLR", {"max_msgs": 1000, "discard": "new"}, "max_msgs 1000 where no limit is wanted"),
        ("SMS_DLR", {"max_bytes": 1 << 20}, "max_bytes 1048576 where no limit is wanted"),
        ("SMS_DLR", {"max_msgs_per_subject": 1}, "max_msgs_per_subject 1 where no limit is wanted"),
        ("SMS_DLR", {"sealed": True}, "sealed true where false is wanted"),
        (DEADLETTER.name, {"deny_delete": True}, "deny_delete true where false is wanted"),
        (
            DEADLETTER.name,
            {"duplicate_window": 120 * SECOND},
            "duplicate_window 120 seconds where 7 days is wanted",
        ),
    ],
)
async def test_limits_are_reported_and_events_are_counted_nevertheless(
    platform: Platform, stream: str, change: Config, sentence: str
) -> None:
    messages = some_reports(5)
    await platform.publish(SMS_DLR, messages)
    await alter(platform, stream, **change)
    assert await check_streams(platform.jetstream, STREAMS) == [f"Stream {stream} has {sentence}."]
    await platform.drain(QUICK)
    if "max_msgs_per_subject" not in change:  # when it exists, the server has dropped all messages but the last
        assert await differences(platform.dsn, expect([], messages, datetime.now(UTC))) == []


@pytest.mark.parametrize(
    ("pattern", "subject", "does"),
    [
        *(("a.b", "a.b", True), ("a.*", "a.b", True), ("a.>", "a.b", True), (">", "a.b", True), ("*.b", "a.b", True)),
        *(("a", "a.b", False), ("a.b.c", "a.b", False), ("a.b.>", "a.b", False), ("a.c", "a.b", False)),
        *(("a.>", "a.>", True), ("a.*", "a.>", False), ("a.b.>", "a.>", False), (">", "a.>", True)),
    ],
)
def test_patterns_cover_subjects(pattern: str, subject: str, does: bool) -> None:
    assert covers(pattern, subject) is does
