"""Finds the hours of which a stream still has every event. No I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from infra.errors import UsageError
from infra.frames import Frame
from ingest.messages import sequence, stored_at
from schema.history import CERTAINLY_RECENT
from schema.instants import MICROSECOND, time_of
from schema.values import MAX_AHEAD

HOUR: Final = timedelta(hours=1)
# An event's time may be at most this much later than the time at which its stream stored it.
AHEAD: Final = MAX_AHEAD * MICROSECOND


@dataclass(slots=True)
class ReadPosition:
    """The sequence up to which a stream was read, in order.

    `gap_at`: when the stream stored the message behind the last missing one; None if none is missing.
    """

    position: int = 0
    gap_at: datetime | None = None

    def note(self, messages: Iterable[Frame]) -> Iterator[Frame]:
        """Moves the position forward; yields the messages that are new."""
        for message in messages:
            if (number := sequence(message)) <= self.position:
                continue
            if number != self.position + 1:
                self.gap_at = time_of(stored_at(message))
            self.position = number
            yield message

    def missing_until(self, number: int, now: datetime) -> None:
        """Moves the position to message `number`: the stream has no message left up to it, this one included."""
        self.position, self.gap_at = number, now


def hour_from(at: datetime) -> datetime:
    """The first whole hour that begins at `at` or later."""
    begun = at.replace(minute=0, second=0, microsecond=0)
    return begun if begun == at else begun + HOUR


def first_complete_hour(
    stream: str, gap_at: datetime | None, made_at: datetime, since: datetime | None, now: datetime
) -> datetime:
    """The first hour that a rebuild may replace. Raises UsageError if there is none, or if it is later than `since`.

    With a gap, this is the first hour whose events were all stored behind it. A stream without a gap has every event,
    but hours before its creation may have figures from an earlier stream: only `since` includes them.
    """
    archived = datetime.combine(now.date(), time(), UTC) - CERTAINLY_RECENT  # a rebuild does not reach into the archive
    complete = archived if gap_at is None else max(hour_from(gap_at + AHEAD), archived)
    if since is not None and hour_from(since) < complete:
        raise UsageError(
            f"--since {_in_words(since)} is too early for --rebuild: {stream} has every event of the hours from "
            f"{_in_words(complete)} on, and what is older stays as it is."
        )
    usual = complete if gap_at else max(made_at.replace(minute=0, second=0, microsecond=0), complete)
    start = hour_from(since) if since else usual
    if start > now:
        raise UsageError(
            f"There is nothing to rebuild before {_in_words(start)}: from that hour on {stream} has every "
            "event, and what is older stays as it is."
        )
    return start


def _in_words(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
