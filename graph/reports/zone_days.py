"""Days and months of a time zone. Pure."""

from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day of the zone, in UTC: mostly its midnight, which some days skip."""
    shown = datetime.combine(day, time())
    midnight = shown.replace(tzinfo=zone).astimezone(UTC)
    if midnight.astimezone(zone).replace(tzinfo=None) == shown:
        return midnight
    before = midnight - _DAY
    seconds = bisect_left(range(86_400), day, key=lambda second: date_of(before + timedelta(seconds=second), zone))
    return before + timedelta(seconds=seconds)


def date_of(time: datetime, zone: ZoneInfo) -> date:
    """The date that calendars of the zone show at an aware time."""
    return time.astimezone(zone).date()


def add_months(first: date, months: int) -> date:
    """From the first of a month to the first of another."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
