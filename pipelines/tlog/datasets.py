"""The datasets of the transparency log: due periods, logged ones, rows without an entry, and the checkpoint."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from infra import nats
from infra.errors import DependencyUnavailableError
from infra.progress import stored_until
from infra.sql import statement
from infra.telemetry import logger
from pipelines.datasets import StoreDataset
from pipelines.definition import Counts
from pipelines.integrity.days import SETTLING
from pipelines.stores import Stores
from pipelines.tlog.arrivals import LOGGED, DuePeriod, LoggedFacts, log_period, logged_until
from pipelines.tlog.checkpoints import Signed, sign_checkpoint
from pipelines.tlog.periods import FIRST, due
from pipelines.tlog.publishing import Published, publish
from pipelines.tlog.sources import SOURCES, append_pending, closed_until

SQL: Final = Path(__file__).parent / "sql"
NEWEST_CLOSING: Final = statement(SQL, "newest_closing")
FORGET_ARRIVALS: Final = statement(SQL, "forget_arrivals")
KEPT: Final = timedelta(days=35)  # leaves of arrivals


class DuePeriods(StoreDataset[None, Sequence[DuePeriod]]):
    """The periods whose facts are all there.

    Loading raises DependencyUnavailableError without NATS. Facts whose stream has no consumer have no due period.
    """

    async def read(self, stores: Stores) -> Sequence[DuePeriod]:
        async with nats.connect(stores.engines.nats) as client:
            jetstream = client.jetstream()
            cuts = [(facts, cut) for facts in LOGGED if (cut := await stored_until(jetstream, facts.consumer))]
        if not cuts:
            raise DependencyUnavailableError("No stream of facts has its consumer: it is unknown which facts came.")
        return [
            DuePeriod(facts, period)
            for facts, cut in cuts
            for period in due(await _begin(stores, facts) or cut - FIRST, cut - SETTLING)
        ]


async def _begin(stores: Stores, facts: LoggedFacts) -> datetime | None:
    """Where the next period begins: at the end of the newest one, else where closed days end."""
    until = await logged_until(stores, facts)
    if until is not None or facts.dataset != "compliance":
        return until
    closing: datetime | None = await stores.postgres.fetchval(NEWEST_CLOSING)
    return closing


class LoggedPeriods(StoreDataset[DuePeriod, Counts]):
    """Saving a period logs it. Loading gives the counts of this run."""

    def __init__(self) -> None:
        self._periods = self._facts = 0

    async def write(self, stores: Stores, task: DuePeriod) -> None:
        self._facts += await log_period(stores, task.facts, task.period)
        self._periods += 1

    async def read(self, stores: Stores) -> Counts:
        await stores.postgres.execute(FORGET_ARRIVALS, datetime.now(UTC) - KEPT)
        return {"periods": self._periods, "facts": self._facts}


class AppendedRows(StoreDataset[None, Mapping[str, int]]):
    """Loading appends an entry for each row that has none, and gives their numbers by source."""

    async def read(self, stores: Stores) -> Mapping[str, int]:
        closed = closed_until(stores)
        return {source.name: await append_pending(stores, source, closed) for source in SOURCES}


class NewCheckpoint(StoreDataset[None, Signed]):
    """Loading signs the checkpoint of the log as it is now."""

    async def read(self, stores: Stores) -> Signed:
        signed = await sign_checkpoint(stores)
        # Shipped logs are out of PostgreSQL's reach: an attacker who rewrites the log cannot rewrite them.
        logger().info("transparency log", size=signed.size, refusal=signed.refusal or None)
        return signed


class PublishedCheckpoint(StoreDataset[None, Published]):
    """Loading asks the witnesses, and publishes the newest checkpoint if enough of them have signed it."""

    async def read(self, stores: Stores) -> Published:
        return await publish(stores)
