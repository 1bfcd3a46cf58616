"""The datasets of the pipeline `copies`: minutes to search, removed copies and contested peaks."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from infra.clickhouse import traced
from infra.metrics import COPIES_DISCARDED
from infra.sql import statement
from pipelines.copies.params import Params
from pipelines.copies.peaks import contested_hours, settle_peaks
from pipelines.copies.removal import Removed, remove, remove_marks
from pipelines.copies.windows import CUBE_OF_FACTS, SearchWindow, windows, windows_of_day
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current_params
from pipelines.stores import Stores
from schema.instants import SECOND, time_of

MARKED_MINUTES: Final = statement(Path(__file__).parent / "sql", "marked_minutes")


class SearchWindows(StoreDataset[None, Sequence[SearchWindow]]):
    """The windows to search: the minutes that have marks now, or all minutes of the requested day."""

    async def read(self, stores: Stores) -> Sequence[SearchWindow]:
        for facts in CUBE_OF_FACTS:
            COPIES_DISCARDED.labels(facts)  # exposed at 0: Prometheus sees no increase in a counter that begins at 1
        params = current_params(Params)
        if params.day is not None:
            return list(windows_of_day(params.day))
        client = await stores.clickhouse.client()
        with traced(MARKED_MINUTES):
            marked = await client.query(
                MARKED_MINUTES, parameters={"tables": tuple(CUBE_OF_FACTS), "limit": params.limit}
            )
        return list(windows((facts, time_of(minute * SECOND)) for facts, minute in marked.result_rows))


class RemovedCopies(StoreDataset[SearchWindow, Sequence[Removed]]):
    """Saving a window removes its copies. Loading gives the results of this run, and removes the settled marks."""

    def __init__(self) -> None:
        self._removed: list[Removed] = []

    async def write(self, stores: Stores, window: SearchWindow) -> None:
        self._removed.append(await remove(stores, window))

    async def read(self, stores: Stores) -> Sequence[Removed]:
        await remove_marks(stores, [mark for removed in self._removed for mark in removed.marks])
        return self._removed


class ContestedPeaks(StoreDataset[None, Sequence[datetime]]):
    """Hours with cells whose peak may come from a discarded copy."""

    async def read(self, stores: Stores) -> Sequence[datetime]:
        return await contested_hours(stores)


class SettledPeaks(StoreDataset[Sequence[datetime], int]):
    """Saving hours computes their peaks again. Loading gives the number of computed peaks."""

    def __init__(self) -> None:
        self._settled = 0

    async def write(self, stores: Stores, hours: Sequence[datetime]) -> None:
        self._settled = await settle_peaks(stores, hours)

    async def read(self, stores: Stores) -> int:
        return self._settled
