"""Which hours a stream still has every event of. Pure, but for who notes what was read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from infra.errors import UsageError
from infra.frames import Frame
from ingest.messages import sequence, stored_at
from schema.decoding import MAX_AHEAD
from schema.instants import MICROSECOND, time_of

HOUR: Final = timedelta(hours=1)
# An event counts if its time is at most so much later than that at which its stream stored it.
AHEAD: Final = MAX_AHEAD * MICROSECOND
# Rows older than 90 days may be in the archive, where a rebuild does not reach.
REACH: Final = timedelta(days=89)


@dataclass(slots=True)
class Reading:
    """How far a stream was read, from its beginning and in order.

    `gap_at`: when the message behind the last missing one was stored; None if none is missing.
    """

    position: int = 0
    gap_at: datetime | None = None

    def note(self, messages: Iterable[Frame]) -> Iterator[Frame]:
        """The messages that were not noted before."""
        for message in messages:
            if (number := sequence(message)) <= self.position:
                continue
            if number != self.position + 1:
                self.gap_at = time_of(stored_at(message))
            self.position = number
            yield message

    def missing_until(self, number: int, now: datetime) -> None:
        """Nothing is left before this message, and it is not there either."""
        self.position, self.gap_at = number, now


def hour_from(at: datetime) -> datetime:
    """The first hour that begins at this time or later."""
    begun = at.replace(minute=0, second=0, microsecond=0)
    return begun if begun == at else begun + HOUR


def first_hour(
    stream: str, gap_at: datetime | None, made_at: datetime, since: datetime | None, now: datetime
) -> datetime:
    """The hour from which on a stream's events may take the place of what was counted; UsageError if there is none.

    Behind a gap, that is the first hour for which no event can have been stored before it. A stream without one has
    every event, but hours before it was made may have figures from elsewhere: they are replaced only if `since` asks.
    """
    archived = datetime.combine(now.date(), time(), UTC) - REACH
    whole = archived if gap_at is None else max(hour_from(gap_at + AHEAD), archived)
    if since is not None and hour_from(since) < whole:
        raise UsageError(
            f"--since {_in_words(since)} is too early for --rebuild: {stream} has every event of the hours from "
            f"{_in_words(whole)} on, and what is older stays as it is."
        )
    usual = whole if gap_at else max(made_at.replace(minute=0, second=0, microsecond=0), whole)
    start = hour_from(since) if since else usual
    if start > now:
        raise UsageError(
            f"There is nothing to rebuild before {_in_words(start)}: from that hour on {stream} has every "
            "event, and what is older stays as it is."
        )
    return start


def _in_words(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
