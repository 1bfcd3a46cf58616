"""Days and months of a time zone. Pure."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day of the zone, in UTC: mostly its midnight, which some days skip.

    Python reads a midnight that is skipped with the offset before the change: that is the instant of the change, as
    since 2000 no zone has skipped from before a midnight to after it.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def date_of(time: datetime, zone: ZoneInfo) -> date:
    """The date that calendars of the zone show at an aware time."""
    return time.astimezone(zone).date()


def add_months(first: date, months: int) -> date:
    """From the first of a month to the first of another."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
