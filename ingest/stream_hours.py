"""Records how many messages a stream stored in each hour, by the stream's own sequences.

The ledger compares this with what became of the messages. So it is not read from the messages that were processed.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from nats.js import JetStreamContext

from infra.postgres import Pool
from infra.seek import sequence_at, stored_at
from infra.sql import statement
from ingest.rebuild.complete_hours import HOUR, hour_from
from schema.dedup import CLOCKS
from schema.streams import Stream

SQL: Final = Path(__file__).parent / "sql"
NEWEST_HOUR: Final = statement(SQL, "newest_hour")
NOTE_HOURS: Final = statement(SQL, "note_hours")
LEDGER_SINCE: Final = statement(SQL, "ledger_since")
HOURS_AT_ONCE: Final = 200  # a first look at a stream that keeps a week finds 168


class Start(NamedTuple):
    """The sequence of the first message that was stored in an hour or later."""

    hour: datetime
    sequence: int


class StreamHour(NamedTuple):
    """A row of anlyt.stream_hours. An open hour may get more messages."""

    hour: datetime
    first_sequence: int
    stored: int
    closed: bool


class State(NamedTuple):
    """A stream: when it was made, its first and last sequence, and the hour to which the next message may belong."""

    made_at: datetime
    first: int
    last: int
    hour: datetime


@dataclass(frozen=True, slots=True)
class HourRecorder:
    """Records the hours of streams. It looks a stream up only if it changed since the last time."""

    jetstream: JetStreamContext
    _noted: dict[str, State] = field(default_factory=dict)

    async def note(self, pool: Pool, stream: Stream) -> None:
        """Records all hours of the stream up to now, or the next HOURS_AT_ONCE. Raises NatsError, PostgresError."""
        state = await self._state(stream)
        if state is None or self._noted.get(stream.name) == state:
            return
        start = await self._start(pool, stream, state)
        if start.hour > state.hour:
            return
        hours = [each async for each in self._hours(stream, state, start)]
        columns = [list(column) for column in zip(*hours, strict=True)]
        await pool.execute(NOTE_HOURS, stream.name, state.made_at, *columns)
        if not hours[-1].closed:
            self._noted[stream.name] = state

    async def _state(self, stream: Stream) -> State | None:
        """None before the stream's first message."""
        info = await self.jetstream.stream_info(stream.name)
        if info.created is None or not info.state.last_seq:
            return None
        newest = await stored_at(self.jetstream, stream, info.state.last_seq)
        # Without traffic, an hour ends by our clock; the stream's differs by less than CLOCKS.
        times = [datetime.now(UTC) - CLOCKS, *([newest] if newest else [])]
        return State(info.created, info.state.first_seq, info.state.last_seq, _begin(max(times)))

    async def _start(self, pool: Pool, stream: Stream, state: State) -> Start:
        """The newest known hour; the first one that can be known if there is none, or if its end is gone."""
        known = await pool.fetchrow(NEWEST_HOUR, stream.name, state.made_at)
        if known is not None:
            start = Start(known["hour"], known["first_sequence"])
            if start.hour >= state.hour or state.first <= start.sequence:
                return start
            if await sequence_at(self.jetstream, stream, start.hour + HOUR) > state.first:
                return start
        return await self._first(pool, stream, state)

    async def _first(self, pool: Pool, stream: Stream, state: State) -> Start:
        """The first hour of which the stream has all messages, and the ledger, too."""
        since = await pool.fetchval(LEDGER_SINCE)
        oldest = await stored_at(self.jetstream, stream, state.first)
        if state.first <= 1 and oldest is not None and (since is None or since <= oldest):
            return Start(_begin(oldest), 1)
        hour = max(hour_from(oldest) if oldest else state.hour, since or datetime.min.replace(tzinfo=UTC))
        return Start(hour, await sequence_at(self.jetstream, stream, hour))

    async def _hours(self, stream: Stream, state: State, start: Start) -> AsyncIterator[StreamHour]:
        hour, first = start
        for _ in range(HOURS_AT_ONCE):
            if hour == state.hour:
                yield StreamHour(hour, first, max(state.last + 1 - first, 0), closed=False)
                return
            following = await sequence_at(self.jetstream, stream, hour + HOUR)
            yield StreamHour(hour, first, following - first, closed=True)
            hour, first = hour + HOUR, following


def _begin(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
