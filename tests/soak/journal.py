"""What was sent and what the streams stored, on disk: a long run has more messages than memory holds."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from functions import FUNCTIONS
from schema.streams import Stream
from tests.support.platform import Platform
from tests.support.traffic import MAKERS, READERS
from tests.support.validity import Bad, Message

TABLES: Final = """
create table sent (stream text, digest blob, primary key (stream, digest)) without rowid;
create table stored (stream text, sequence integer, hour text, data blob, headers text, digest blob,
    primary key (stream, sequence)) without rowid;
"""
INDEXES: Final = """
create index stored_digests on stored (stream, digest);
create index stored_hours on stored (hour, stream, sequence);
"""
ADD: Final = "insert or ignore into sent values (?, ?)"
STORE: Final = "insert into stored values (?, ?, ?, ?, ?, ?)"
LOST: Final = """
select stream, count(*) from sent
where not exists (select 1 from stored where stored.stream = sent.stream and stored.digest = sent.digest)
group by stream
"""
OF_HOUR: Final = "select data, headers from stored where stream = ? and hour = ? order by sequence"
BATCH: Final = 5_000


@dataclass(frozen=True)
class Journal:
    """`hour` of a stored message is that of its event, in UTC; empty if the message is no valid event."""

    database: sqlite3.Connection

    def add(self, stream: Stream, messages: Sequence[Message]) -> None:
        self.database.executemany(ADD, [(stream.name, digest(each)) for each in messages])

    async def read(self, platform: Platform, now: datetime) -> None:
        """Reads what the streams have stored. `now`: later than all of it."""
        for stream in MAKERS:
            rows: list[tuple[object, ...]] = []
            async for sequence, message in platform.read(stream):
                headers = json.dumps(dict(message.headers or {}))
                hour = _hour(stream, message, now)
                rows.append((stream.name, sequence, hour, message.data, headers, digest(message)))
                if len(rows) >= BATCH:
                    self.database.executemany(STORE, rows)
                    rows = []
            self.database.executemany(STORE, rows)
        self.database.executescript(INDEXES)
        self.database.commit()

    def lost(self) -> Sequence[str]:
        """One line per stream that lacks messages that it had acknowledged."""
        return [f"{stream} lost {count} messages" for stream, count in self.database.execute(LOST)]

    def count(self) -> int:
        """The number of stored messages."""
        [(count,)] = self.database.execute("select count(*) from stored")
        return int(count)

    def hours(self) -> Sequence[str]:
        return [
            hour for (hour,) in self.database.execute("select distinct hour from stored where hour > '' order by 1")
        ]

    def of_hour(self, hour: str) -> Mapping[Stream, Sequence[Message]]:
        """The messages with events of an hour, in the order of their streams."""
        return {stream: list(self._messages(stream, hour)) for stream in MAKERS}

    def dead_letters(self) -> Sequence[tuple[str, int]]:
        """The function and the sequence of each expected dead letter."""
        bad = self.database.execute("select stream, sequence from stored where hour = ''").fetchall()
        return [
            (function.name, sequence)
            for stream, sequence in bad
            for function in FUNCTIONS
            if function.stream.name == stream
        ]

    def _messages(self, stream: Stream, hour: str) -> Iterator[Message]:
        for data, headers in self.database.execute(OF_HOUR, (stream.name, hour)):
            yield Message(data, json.loads(headers) or None)


def open_journal(folder: Path) -> "closing[sqlite3.Connection]":
    """A new, empty journal's database, to be closed after its use."""
    database = sqlite3.connect(folder / "journal.sqlite")
    database.executescript(TABLES)
    return closing(database)


def digest(message: Message) -> bytes:
    return hashlib.sha256(message.data).digest()[:12]


def _hour(stream: Stream, message: Message, now: datetime) -> str:
    try:
        at = READERS[stream](message, now).at
    except Bad:
        return ""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H}"
