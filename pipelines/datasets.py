"""The base of all datasets over the stores. Each pipeline has its own datasets in its folder's datasets.py.

A dataset connects to nothing when it is made, so Kedro's own commands (`kedro catalog`, `kedro registry`) work without
the stores.
"""

from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
from kedro.io import AbstractDataset, DatasetError

from infra.sql import statement
from pipelines.kedro_thread import current
from pipelines.stores import Stores

# Runs before the first statement of a snapshot of hourly rows: a snapshot does not protect from a dropped partition.
HOLD_TABLES: Final = statement(Path(__file__).parent / "sql", "hold_tables")
In = TypeVar("In")
Out = TypeVar("Out")


class StoreDataset(AbstractDataset[In, Out], Generic[In, Out]):
    """A dataset over the stores of the current run; a subclass overrides `read`, `write` or both."""

    async def read(self, stores: Stores) -> Out:
        """Loads the dataset, in the event loop."""
        raise DatasetError(f"{type(self).__name__} cannot be read.")

    async def write(self, stores: Stores, data: In) -> None:
        """Saves the dataset, in the event loop."""
        raise DatasetError(f"{type(self).__name__} cannot be written.")

    def load(self) -> Out:
        run = current()
        return run.call(self.read(run.stores))

    def save(self, data: In) -> None:
        run = current()
        run.call(self.write(run.stores, data))

    def _describe(self) -> dict[str, Any]:
        return {}


class RunParams(AbstractDataset[None, msgspec.Struct]):
    """The validated parameters of the current run."""

    def load(self) -> msgspec.Struct:
        return current().params

    def save(self, data: None) -> None:
        raise DatasetError("Parameters come from the command line.")

    def _describe(self) -> dict[str, Any]:
        return {}
