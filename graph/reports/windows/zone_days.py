"""Days and months of a time zone. Pure."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day of the zone, in UTC. It is midnight, except on days that skip midnight.

    Python reads a skipped midnight with the offset before the change, which yields the instant of the change. That is
    right for all changes since 2000: none jumps from before a midnight to after it.
    """
    return datetime.combine(day, time(), zone).astimezone(UTC)


def date_of(time: datetime, zone: ZoneInfo) -> date:
    """The calendar date in the zone at an aware time."""
    return time.astimezone(zone).date()


def add_months(first: date, months: int) -> date:
    """The first day of the month that is `months` after the month of `first`."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)
