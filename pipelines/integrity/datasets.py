"""The datasets of the hash chain: its position, closed days, and the newest differences."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from infra import nats
from infra.errors import DependencyUnavailableError, UsageError
from infra.progress import complete_until
from infra.sql import statement
from pipelines.datasets import StoreDataset
from pipelines.integrity import chain
from pipelines.integrity.chain import Closing
from pipelines.integrity.closing import ClosedDay, close_day
from pipelines.integrity.days import DAY, SETTLING, ChainPosition, Due
from pipelines.integrity.differences import Difference
from pipelines.integrity.digests import first_day
from pipelines.integrity.params import Params
from pipelines.integrity.verification import Chain, verified
from pipelines.kedro_thread import current_params
from pipelines.stores import Stores
from pipelines.tlog import verification as tlog
from schema.instants import instant
from schema.streams import COMPLIANCE_AUDIT, COMPLIANCE_DURABLE, Consumer

SQL: Final = Path(__file__).parent / "sql"
LATE_DAYS: Final = statement(SQL, "late_days")
AGAIN: Final = 7  # closed days that each run verifies again


class IntegrityPosition(StoreDataset[None, ChainPosition]):
    """The time up to which facts are complete, and the days that are due.

    Loading raises DependencyUnavailableError without NATS or the consumer of compliance facts.
    """

    async def read(self, stores: Stores) -> ChainPosition:
        async with nats.connect(stores.engines.nats) as client:
            until = await complete_until(client.jetstream(), Consumer(COMPLIANCE_AUDIT, COMPLIANCE_DURABLE))
        if until is None:
            raise DependencyUnavailableError(
                f"The stream {COMPLIANCE_AUDIT.name} has no consumer {COMPLIANCE_DURABLE}: it is unknown which facts "
                "are still to come; no day was closed."
            )
        params = current_params(Params)
        return await _position(stores, until - SETTLING, params.day)


async def _position(stores: Stores, cut: datetime, day: date | None) -> ChainPosition:
    """The position of the chain, for facts that are complete up to `cut`. Raises UsageError if `day` is not closed."""
    closing = await chain.newest_closing(stores.postgres)
    if day is not None and (closing is None or day > closing.day):
        raise UsageError(f"day must be a closed one; {day} is not.")
    if closing is None:
        return ChainPosition(cut, stores.integrity_lag, await first_day(stores.clickhouse, cut), ())
    if cut <= closing.stored_before:
        # The consumer was moved back: no newer facts are known to be complete.
        return ChainPosition(cut, stores.integrity_lag, None, ())
    late = {*await _late(stores, closing, cut), *([] if day is None else [day])}
    return ChainPosition(cut, stores.integrity_lag, closing.day + DAY, sorted(late))


async def _late(stores: Stores, closing: Closing, cut: datetime) -> Sequence[date]:
    """Closed days with facts stored since the last closing that the chain does not cover yet."""
    bounds = {"from": instant(closing.stored_before), "before": instant(cut), "until": closing.day + DAY}
    client = await stores.clickhouse.client()
    newest = {day: int(at) for day, at in (await client.query(LATE_DAYS, parameters=bounds)).result_rows}
    known = await chain.stored_before(stores.postgres, list(newest))
    return [day for day, stored in newest.items() if day not in known or instant(known[day]) <= stored]


class ClosedDays(StoreDataset[Due, Sequence[ClosedDay]]):
    """Saving a day closes or amends it. Loading gives the results of this run."""

    def __init__(self) -> None:
        self._closed: list[ClosedDay] = []

    async def write(self, stores: Stores, task: Due) -> None:
        self._closed.append(await close_day(stores, task))

    async def read(self, stores: Stores) -> Sequence[ClosedDay]:
        return self._closed


class NewestDifferences(StoreDataset[None, Sequence[Difference]]):
    """The differences in all links of the chain, in the transparency log, and in the facts of the newest days."""

    async def read(self, stores: Stores) -> Sequence[Difference]:
        links = await chain.links(stores.postgres)
        if not links:
            return []
        whole = Chain(links)
        days = [whole.closing.day - number * DAY for number in range(AGAIN)]
        of_days = [difference async for differences in verified(stores, whole, days) for difference in differences]
        newest = tlog.days(whole.closing.day, datetime.now(UTC).date())
        arrivals = [each for day in newest for each in await tlog.arrival_differences(stores, day)]
        of_log = [difference async for difference in tlog.log_differences(stores)]
        return [*whole.differences(None), *of_days, *arrivals, *of_log]
