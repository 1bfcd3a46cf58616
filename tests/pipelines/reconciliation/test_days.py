"""The days that are closed, due, and too old."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from infra.errors import UsageError
from pipelines.reconciliation.days import AGAIN, REACH, days_to_compare
from pipelines.reconciliation.params import Params

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 10, 8, 0, 59, 59, tzinfo=UTC), date(2026, 10, 6)),
        (datetime(2026, 10, 8, 1, 0, tzinfo=UTC), date(2026, 10, 7)),
        (datetime(2026, 10, 8, 23, 59, tzinfo=UTC), date(2026, 10, 7)),
        (datetime(2026, 10, 9, 2, 0, tzinfo=timezone(timedelta(hours=4, minutes=30))), date(2026, 10, 7)),
    ],
)
def test_a_day_is_closed_an_hour_after_its_end(now: datetime, last: date) -> None:
    days = days_to_compare(Params(), now)
    assert days.last == last
    assert days.again == last - (AGAIN - 1) * DAY
    assert days.first == now.astimezone(UTC).date() - REACH * DAY


def test_one_day() -> None:
    now = datetime(2026, 10, 8, 0, 30, tzinfo=UTC)
    for day in (date(2026, 10, 7), now.date() - REACH * DAY):
        assert days_to_compare(Params(day), now) == (day, day, day)
    for day in (now.date(), now.date() - (REACH + 1) * DAY):
        with pytest.raises(UsageError, match=r"^day must be from 2026-07-11 to 2026-10-07 \(UTC\)"):
            days_to_compare(Params(day), now)
