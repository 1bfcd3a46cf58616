"""How far ingest is, seen from outside: the acknowledgements that pass through NATS."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from nats.aio.client import Client
from nats.aio.msg import Msg

from functions import FUNCTIONS

# $JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<nanoseconds>.<pending>
SUBJECT: Final = "$JS.ACK.>"
CONSUMER, STORED = 3, 7


@dataclass(frozen=True)
class Acknowledged:
    """`newest`: when the stream stored the newest acknowledged message, by durable consumer, in UNIX seconds."""

    newest: dict[str, float] = field(default_factory=lambda: {each.durable: 0.0 for each in FUNCTIONS})

    async def wait_for_newer_than(self, began: float) -> float:
        """Waits until every function has acknowledged a message that was stored later; returns that time."""
        while min(self.newest.values()) <= began:
            await asyncio.sleep(0.02)
        return time.time()

    async def note(self, message: Msg) -> None:
        parts = message.subject.split(".")
        durable, stored = parts[CONSUMER], int(parts[STORED]) / 1e9
        if stored > self.newest.get(durable, stored):
            self.newest[durable] = stored


@asynccontextmanager
async def acknowledgements(client: Client) -> AsyncIterator[Acknowledged]:
    """Watches them during the body."""
    watched = Acknowledged()
    subscription = await client.subscribe(SUBJECT, cb=watched.note, pending_msgs_limit=-1, pending_bytes_limit=-1)
    try:
        yield watched
    finally:
        await subscription.unsubscribe()
