"""The dedup memory as the engines have it: what the ledger still knows, and what the streams may deliver again."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from infra.errors import UsageError
from infra.postgres import Connection, statement
from schema.dedup import LedgerDay, memory, outlives
from schema.streams import Stream

LEDGER_DAYS: Final = statement(Path(__file__).parent / "sql", "ledger_days")
DAY: Final = timedelta(days=1)


async def ledger_days(connection: Connection) -> list[LedgerDay]:
    """Every event day that was claimed in or has a partition, in order."""
    return [LedgerDay(*row) for row in await connection.fetch(LEDGER_DAYS)]


async def check_memory(jetstream: JetStreamContext, streams: Iterable[Stream], dedup_days: int) -> None:
    """UsageError if a stream keeps its messages for longer than the ledger its claims (0 days: it keeps them all).

    A stream that does not exist is passed over.
    """
    for stream in streams:
        try:
            config = (await jetstream.stream_info(stream.name)).config
        except NotFoundError:
            continue
        retention = timedelta(seconds=config.max_age) if config.max_age else None
        if not outlives(memory(dedup_days), retention):
            raise UsageError(_too_short(stream, retention, dedup_days))


def _too_short(stream: Stream, retention: timedelta | None, dedup_days: int) -> str:
    kept, enough = "with no limit of age", "0 (never forget), or give the stream a maximal age"
    if retention is not None:
        kept, enough = f"for {retention / DAY:g} days", f"{-(-retention // DAY)} or more"
    return (
        f"ANLYT_DEDUP_DAYS is {dedup_days}, but {stream.name} keeps its messages {kept}: one delivered late would "
        f"be counted twice; set it to {enough}."
    )
