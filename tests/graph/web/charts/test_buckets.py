"""Buckets of a zone, on days that clock changes make longer, shorter or start late."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from graph.web.charts import Bucket
from graph.web.charts.buckets import bucket_text, iso, next_start

BERLIN, KABUL, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kabul"), ZoneInfo("UTC")
VANCOUVER, BEIRUT = ZoneInfo("America/Vancouver"), ZoneInfo("Asia/Beirut")


@pytest.mark.parametrize(
    ("zone", "bucket", "start", "hours"),
    [
        (BERLIN, Bucket.DAY, "2026-10-25T00:00:00+02:00", 25),
        (BERLIN, Bucket.DAY, "2026-03-29T00:00:00+01:00", 23),
        (VANCOUVER, Bucket.DAY, "2025-11-02T00:00:00-07:00", 25),
        (KABUL, Bucket.DAY, "2026-11-23T00:00:00+04:30", 24),
        (BEIRUT, Bucket.DAY, "2022-03-27T01:00:00+03:00", 23),
        (BEIRUT, Bucket.DAY, "2022-03-26T00:00:00+02:00", 24),
        (BERLIN, Bucket.WEEK, "2026-10-19T00:00:00+02:00", 169),
        (BERLIN, Bucket.MONTH, "2026-10-01T00:00:00+02:00", 745),
        (UTC_ZONE, Bucket.MONTH, "2026-12-01T00:00:00+00:00", 744),
        (BERLIN, Bucket.HOUR, "2026-10-25T02:00:00+02:00", 1),
        (KABUL, Bucket.DAY, "2026-11-23T00:00:00+00:00", 24),
    ],
)
def test_length_of_a_bucket(zone: ZoneInfo, bucket: Bucket, start: str, hours: int) -> None:
    time = datetime.fromisoformat(start)
    assert next_start(time, bucket, zone) - time == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "bucket", "start", "text"),
    [
        (UTC_ZONE, Bucket.DAY, "2026-11-23T00:00:00Z", "Mon 23 Nov 2026"),
        (KABUL, Bucket.DAY, "2026-11-22T19:30:00Z", "Mon 23 Nov 2026"),
        (KABUL, Bucket.DAY, "2026-11-23T00:00:00Z", "Mon 23 Nov 2026, 04:30"),
        (KABUL, Bucket.HOUR, "2026-11-23T00:00:00Z", "Mon 23 Nov 2026, 04:30"),
        (UTC_ZONE, Bucket.WEEK, "2026-11-23T00:00:00Z", "week from Mon 23 Nov 2026"),
        (UTC_ZONE, Bucket.MONTH, "2026-11-01T00:00:00Z", "Nov 2026"),
        (BERLIN, Bucket.HOUR, "2026-10-25T00:00:00Z", "Sun 25 Oct 2026, 02:00 (UTC+02:00)"),
        (BERLIN, Bucket.HOUR, "2026-10-25T01:00:00Z", "Sun 25 Oct 2026, 02:00 (UTC+01:00)"),
        (BERLIN, Bucket.HOUR, "2026-03-29T01:00:00Z", "Sun 29 Mar 2026, 03:00"),
    ],
)
def test_a_bucket_for_people(zone: ZoneInfo, bucket: Bucket, start: str, text: str) -> None:
    assert bucket_text(datetime.fromisoformat(start), bucket, zone) == text


def test_a_time_as_the_api_writes_it() -> None:
    assert iso(datetime(2026, 11, 23, 4, 30, tzinfo=KABUL)) == "2026-11-23T00:00:00Z"
    assert iso(datetime(2026, 11, 23, tzinfo=UTC)) == "2026-11-23T00:00:00Z"
