"""The dedup memory as the engines have it: what the ledger still knows, and what the streams may deliver again."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from infra.errors import UsageError
from infra.postgres import Connection
from infra.sql import statement
from schema.dedup import LedgerDay, longest, memory, outlives
from schema.streams import BILLING_EVENTS, SMS_DLR, Stream

LEDGER_DAYS: Final = statement(Path(__file__).parent / "sql", "ledger_days")
# A replay holds the ledger while it lasts, as it began where the ledger's memory did; who forgets asks first.
HOLD_LEDGER: Final = "select pg_advisory_lock_shared(hashtext('anlyt.ledger'))"
MAY_FORGET: Final = "select pg_try_advisory_xact_lock(hashtext('anlyt.ledger'))"
DAY: Final = timedelta(days=1)
LEAST_DAYS: Final = 9  # two more than our streams keep
CLAIMED: Final = (BILLING_EVENTS, SMS_DLR)  # the streams whose events the ledger tells apart


async def ledger_days(connection: Connection) -> list[LedgerDay]:
    """Every event day that was claimed in or has a partition, in order."""
    return [LedgerDay(*row) for row in await connection.fetch(LEDGER_DAYS)]


async def memory_of(jetstream: JetStreamContext, dedup_days: int | None) -> timedelta | None:
    """How long claims are known (None: for ever), never less than a stream keeps its messages.

    Streams belong to their producers. Without `dedup_days` (ANLYT_DEDUP_DAYS) the memory follows them; days that are
    too few are a UsageError. A stream that is not there keeps nothing.
    """
    asked = memory(LEAST_DAYS if dedup_days is None else dedup_days)
    known = [asked]
    for stream in CLAIMED:
        with suppress(NotFoundError):
            known.append(_retention((await jetstream.stream_info(stream.name)).config))
            if dedup_days is not None and not outlives(asked, known[-1]):
                raise UsageError(_too_short(stream, known[-1], dedup_days))
    return longest(known)


def _retention(config: StreamConfig) -> timedelta | None:
    return timedelta(seconds=config.max_age) if config.max_age else None


def _too_short(stream: Stream, retention: timedelta | None, dedup_days: int) -> str:
    kept, enough = "with no limit of age", "0 (never forget), or give the stream a maximal age"
    if retention is not None:
        kept, enough = f"for {retention / DAY:g} days", f"{-(-retention // DAY)} or more"
    return (
        f"ANLYT_DEDUP_DAYS is {dedup_days}, but {stream.name} keeps its messages {kept}: one delivered late would "
        f"be counted twice; unset it, or set it to {enough}."
    )
