"""Where cubes come from and go to: the marks of `anlyt.dirty`, and the cells that they ask for."""

import time
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path
from typing import Any, Final

from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.postgres import statement
from infra.telemetry import logger
from pipelines.bridge import current
from pipelines.cubes.cells import LENGTH, Cell, Chunk, Params
from pipelines.datasets import StoreDataset
from pipelines.stores import Stores
from schema.facts import Cube

SQL: Final = Path(__file__).parent / "sql"
DIRTY_CELLS: Final = statement(SQL, "dirty_cells")
MARKS_OF_CELLS: Final = statement(SQL, "marks_of_cells")
NEXT_VERSION: Final = statement(SQL, "next_version")
REMOVE_MARKS: Final = statement(SQL, "remove_marks")
COMPUTE: Final[dict[Cube, str]] = {cube: statement(SQL, f"compute_{cube}") for cube in LENGTH}
RAISE_AS_OF: Final[dict[Cube, str]] = {cube: statement(SQL, f"raise_as_of_{cube}") for cube in LENGTH}

MARKS_AT_ONCE: Final = 5_000  # in one statement: 200 kB, which is less than a server takes by default
TELL_EVERY: Final = 5.0  # seconds


class DirtyCells(StoreDataset[None, Sequence[Cell]]):
    """The cells that have marks now, in the order in which they shall be computed."""

    async def read(self, stores: Stores) -> Sequence[Cell]:
        params = current().params
        assert isinstance(params, Params)
        client = await stores.clickhouse.client()
        found = await client.query(DIRTY_CELLS, parameters={"limit": params.limit})
        return [Cell(cube, tenant, begin.replace(tzinfo=UTC)) for cube, tenant, begin in found.result_rows]


class CubeCells(StoreDataset[Chunk, None]):
    """Saving a chunk computes its cells from the facts that are there, and removes the marks that asked for it.

    The order makes every interruption harmless: marks are read, then the version is taken, then facts are read. Whoever
    removes a mark has, of all runs that ever overlap, written a version that saw its facts, or left a higher one that
    did. Until the marks are removed, everything is done again.
    """

    def __init__(self) -> None:
        self._told = time.monotonic()

    async def write(self, stores: Stores, chunk: Chunk) -> None:
        client = await stores.clickhouse.client()
        cells = {"cube": chunk.cube, "cells": [(cell.tenant, cell.begin) for cell in chunk.cells]}
        marks = [mark for (mark,) in (await client.query(MARKS_OF_CELLS, parameters=cells)).result_rows]
        # Twice, because what was there before is taken back with the version below.
        version = 2 * await stores.postgres.fetchval(NEXT_VERSION)
        computed = {**cells, "first": chunk.first, "end": chunk.end, "version": version}
        await client.command(COMPUTE[chunk.cube], parameters=computed)
        await client.command(RAISE_AS_OF[chunk.cube], parameters=computed)
        await _remove(client, cells, marks)
        self._tell(chunk)

    def _tell(self, chunk: Chunk) -> None:
        if time.monotonic() > self._told + TELL_EVERY:
            self._told = time.monotonic()
            logger().info("computing cubes", cells=chunk.done + len(chunk.cells), of=chunk.total)


async def _remove(client: AsyncClient, cells: dict[str, Any], marks: Sequence[Any]) -> None:
    for first in range(0, len(marks), MARKS_AT_ONCE):
        await client.command(REMOVE_MARKS, parameters={**cells, "marks": marks[first : first + MARKS_AT_ONCE]})
