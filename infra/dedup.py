"""The dedup memory as the engines have it: what the ledger still knows, and what the streams may deliver again."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from nats.js import JetStreamContext
from nats.js.api import StreamConfig
from nats.js.errors import NotFoundError

from infra.postgres import Connection, statement
from schema.dedup import LedgerDay, longest, memory
from schema.streams import BILLING_EVENTS, SMS_DLR

LEDGER_DAYS: Final = statement(Path(__file__).parent / "sql", "ledger_days")
CLAIMED: Final = (BILLING_EVENTS, SMS_DLR)  # the streams whose events the ledger tells apart


async def ledger_days(connection: Connection) -> list[LedgerDay]:
    """Every event day that was claimed in or has a partition, in order."""
    return [LedgerDay(*row) for row in await connection.fetch(LEDGER_DAYS)]


async def memory_of(jetstream: JetStreamContext, dedup_days: int) -> timedelta | None:
    """How long claims are known: ANLYT_DEDUP_DAYS, or for as long as a stream keeps its messages (None: for ever).

    Streams belong to their producers, who may keep them for as long as they like. One that is not there keeps nothing.
    """
    known = [memory(dedup_days)]
    for stream in CLAIMED:
        with suppress(NotFoundError):
            known.append(_retention((await jetstream.stream_info(stream.name)).config))
    return longest(known)


def _retention(config: StreamConfig) -> timedelta | None:
    return timedelta(seconds=config.max_age) if config.max_age else None
