"""Live throughput: the difference between two reads of the last hours."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from graph.access import Scope, Subject, administration
from graph.reports.answers import LiveThroughput
from graph.reports.metrics import NOTHING, Counts
from graph.reports.reading.reader import Reader
from graph.reports.reading.rows import Selection
from graph.reports.windows import Window, hour_number, hour_start
from schema.rounding import RATE_SCALE, half_up

MIN_INTERVAL: Final = 1  # seconds between two reads
MAX_INTERVAL: Final = 30
LIFETIME: Final = timedelta(minutes=10)  # then the caller has to request it, and be authenticated, again
HOURS_BACK: Final = 2  # events of earlier hours are late, not live

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class RecentCounts:
    """The counts of the last hours, as read `at` a time. Hours are in hours since 1970."""

    at: datetime
    hours: Mapping[int, Counts]
    data_as_of: datetime | None
    complete_until: datetime | None


async def live_throughput(
    reader: Reader, scope: Scope, seconds: int, closing: asyncio.Event
) -> AsyncIterator[LiveThroughput]:
    """Yields what was counted every `seconds`, until LIFETIME is over or `closing` is set.

    Raises ForbiddenError unless the caller is an administrator; DependencyUnavailableError, which ends it.
    """
    subject = administration(scope)
    before = first = await _read_recent(reader, subject)
    while before.at - first.at < LIFETIME:
        with suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), seconds)
            return
        now = await _read_recent(reader, subject)
        yield counted_between(before, now)
        before = now


def counted_between(before: RecentCounts, now: RecentCounts) -> LiveThroughput:
    """What was counted from one read to the next. An hour that the first one lacks had no counts then."""
    earlier = [before.hours.get(hour, NOTHING) for hour in now.hours]
    messages, delivered, failed = (
        sum(getattr(each, name) for each in now.hours.values()) - sum(getattr(each, name) for each in earlier)
        for name in ("messages", "delivered", "failed")
    )
    elapsed = max((now.at - before.at) // timedelta(microseconds=1), 1)
    return LiveThroughput(
        time=now.at,
        seconds=elapsed / _MICROSECONDS,
        messages=messages,
        delivered=delivered,
        failed=failed,
        tps=half_up(messages * RATE_SCALE * _MICROSECONDS, elapsed) / RATE_SCALE,
        data_as_of=now.data_as_of,
        complete_until=now.complete_until,
    )


async def _read_recent(reader: Reader, subject: Subject) -> RecentCounts:
    at = datetime.now(UTC)
    hour = hour_number(at)
    window = Window(hour_start(hour - HOURS_BACK), hour_start(hour + 1))
    selection = Selection(subject.kind, (subject.id,), window.slices, "hours")
    known, counted = await reader.read(window.slices, lambda snapshot: snapshot.hours(selection), selection)
    hours = {hour: known.get(hour, NOTHING) for hour in range(window.first_hour, window.end_hour)}
    return RecentCounts(at, hours, counted.data_as_of, counted.complete_until)
