"""What is being counted right now: the difference between two looks at the last hours."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from graph.access import Scope, Subject, administration
from graph.reports.answers import LiveThroughput
from graph.reports.metrics import NOTHING, Counts, total
from graph.reports.reading.reader import Reader
from graph.reports.reading.rows import Wanted
from graph.reports.windows import Window, hour_number, hour_start
from schema.rounding import RATE_SCALE, half_up

SHORTEST: Final = 1  # seconds between two looks
LONGEST: Final = 30
LIFETIME: Final = timedelta(minutes=10)  # then the caller has to ask, and be identified, again
HOURS_BACK: Final = 2  # what is counted later than that is late, and not live

_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Look:
    """What had been counted of the last hours (in hours since 1970) at a time."""

    at: datetime
    hours: Mapping[int, Counts]
    data_as_of: datetime | None
    complete_until: datetime | None


async def live_throughput(
    reader: Reader, scope: Scope, seconds: int, closing: asyncio.Event
) -> AsyncIterator[LiveThroughput]:
    """What was counted in every `seconds`, until LIFETIME is over or `closing`.

    ForbiddenError unless the caller administers; DependencyUnavailableError ends it.
    """
    subject = administration(scope)
    before = first = await _look(reader, subject)
    while before.at - first.at < LIFETIME:
        with suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), seconds)
            return
        now = await _look(reader, subject)
        yield between(before, now)
        before = now


def between(before: Look, now: Look) -> LiveThroughput:
    """What was counted from one look to the next; an hour that the first did not see had nothing then."""
    was = [before.hours.get(hour, NOTHING) for hour in now.hours]
    messages, delivered, failed = (
        sum(getattr(each, name) for each in now.hours.values()) - sum(getattr(each, name) for each in was)
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


async def _look(reader: Reader, subject: Subject) -> Look:
    complete_until, at = reader.complete_until(), datetime.now(UTC)
    hour = hour_number(at)
    window = Window(hour_start(hour - HOURS_BACK), hour_start(hour + 1))
    wanted = Wanted(subject.kind, (subject.id,), window.hours)
    cells, as_of = await reader.read(window.slices, lambda snapshot: snapshot.cells(wanted), wanted)
    hours = {
        piece.first_hour: total(cell.counts for cell in cells.get((subject.id, piece), ())) for piece in window.hours
    }
    return Look(at, hours, as_of, complete_until)
