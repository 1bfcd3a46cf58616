"""The dedup memory: how long the ledger keeps claims, and how long the streams may deliver messages again."""

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
# A replay starts at the ledger's oldest claim, and locks the ledger while it lasts. Forgetting tries the lock first.
HOLD_LEDGER: Final = "select pg_advisory_lock_shared(hashtext('anlyt.ledger'))"
MAY_FORGET: Final = "select pg_try_advisory_xact_lock(hashtext('anlyt.ledger'))"
DAY: Final = timedelta(days=1)
LEAST_DAYS: Final = 9  # our streams keep 7 days
CLAIMED: Final = (BILLING_EVENTS, SMS_DLR)  # the streams whose events the ledger deduplicates


async def ledger_days(connection: Connection) -> list[LedgerDay]:
    """The event days that have claims or a partition, in order."""
    return [LedgerDay(**row) for row in await connection.fetch(LEDGER_DAYS)]


async def dedup_memory(jetstream: JetStreamContext, dedup_days: int | None) -> timedelta | None:
    """How long claims are kept (None: without limit), never shorter than a stream keeps its messages.

    Streams belong to their producers. Without `dedup_days` (ANLYT_DEDUP_DAYS), the memory follows them. Raises
    UsageError if `dedup_days` is too small. Skips missing streams.
    """
    configured = memory(LEAST_DAYS if dedup_days is None else dedup_days)
    periods = [configured]
    for stream in CLAIMED:
        with suppress(NotFoundError):
            periods.append(_retention((await jetstream.stream_info(stream.name)).config))
            if dedup_days is not None and not outlives(configured, periods[-1]):
                raise UsageError(_too_short(stream, periods[-1], dedup_days))
    return longest(periods)


def _retention(config: StreamConfig) -> timedelta | None:
    return timedelta(seconds=config.max_age) if config.max_age else None


def _too_short(stream: Stream, retention: timedelta | None, dedup_days: int) -> str:
    kept, enough = "with no limit of age", "0 (never forget), or give the stream a maximal age"
    if retention is not None:
        kept, enough = f"for {retention / DAY:g} days", f"{-(-retention // DAY)} or more"
    return (
        f"ANLYT_DEDUP_DAYS is {dedup_days}, but {stream.name} keeps its messages {kept}: a late redelivery would "
        f"be counted twice; unset it, or set it to {enough}."
    )
