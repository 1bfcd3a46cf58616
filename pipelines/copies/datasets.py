"""Where facts came, and how each event is left one fact."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from infra.clickhouse import traced
from infra.metrics import COPIES_DISCARDED
from infra.sql import statement
from pipelines.copies.params import Params
from pipelines.copies.peaks import Hour, contested, settle_peaks
from pipelines.copies.removal import Removed, forget, remove
from pipelines.copies.windows import CUBES, Window, whole, windows
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current_params
from pipelines.stores import Stores
from schema.instants import SECOND, time_of

MARKED_MINUTES: Final = statement(Path(__file__).parent / "sql", "marked_minutes")


class Searched(StoreDataset[None, Sequence[Window]]):
    """What is to be searched: the minutes that have marks now, or all of the day that was asked for."""

    async def read(self, stores: Stores) -> Sequence[Window]:
        for facts in CUBES:
            COPIES_DISCARDED.labels(facts)  # shown at 0: of a counter that begins at 1, Prometheus sees no increase
        params = current_params(Params)
        if params.day is not None:
            return list(whole(params.day))
        client = await stores.clickhouse.client()
        with traced(MARKED_MINUTES):
            found = await client.query(MARKED_MINUTES, parameters={"tables": tuple(CUBES), "limit": params.limit})
        return list(windows((facts, time_of(minute * SECOND)) for facts, minute in found.result_rows))


class RemovedCopies(StoreDataset[Window, Sequence[Removed]]):
    """Saving a window removes its copies; what is loaded is what became of those of this run, whose marks then go."""

    def __init__(self) -> None:
        self._removed: list[Removed] = []

    async def write(self, stores: Stores, window: Window) -> None:
        self._removed.append(await remove(stores, window))

    async def read(self, stores: Stores) -> Sequence[Removed]:
        await forget(stores, [mark for removed in self._removed for mark in removed.marks])
        return self._removed


class ContestedPeaks(StoreDataset[None, Sequence[Hour]]):
    """The hours with cells whose peak a discarded copy may have told."""

    async def read(self, stores: Stores) -> Sequence[Hour]:
        return await contested(stores)


class SettledPeaks(StoreDataset[Sequence[Hour], int]):
    """Saving hours computes their peaks again; what is loaded is how many there were."""

    def __init__(self) -> None:
        self._settled = 0

    async def write(self, stores: Stores, hours: Sequence[Hour]) -> None:
        self._settled = await settle_peaks(stores, hours)

    async def read(self, stores: Stores) -> int:
        return self._settled
