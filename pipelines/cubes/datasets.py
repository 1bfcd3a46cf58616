"""The datasets of the cubes: cells with marks in `anlyt.dirty`, and computed cells."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from clickhouse_connect.driver.asyncclient import AsyncClient

from infra.clickhouse import traced
from infra.sql import statement
from infra.telemetry import logger
from pipelines.cubes.cells import Cell, Chunk
from pipelines.cubes.params import Params
from pipelines.cubes.statements import COMPUTE, NEWEST_EVENT
from pipelines.datasets import StoreDataset
from pipelines.kedro_thread import current_params
from pipelines.stores import Stores
from schema.facts import Cube

SQL: Final = Path(__file__).parent / "sql"
DIRTY_CELLS: Final = statement(SQL, "dirty_cells")
MARKS_OF_CELLS: Final = statement(SQL, "marks_of_cells")
NEXT_VERSION: Final = statement(SQL, "next_version")
REMOVE_MARKS: Final = statement(SQL, "remove_marks")
RAISE_AS_OF: Final = statement(SQL, "raise_as_of")

# Removing marks is a mutation of their table, whose cost does not depend on their number.
MARKS_AT_ONCE: Final = 20_000
# The longest statements are lists of marks and cells; a server accepts 256 kB by default.
SETTINGS: Final = {"max_query_size": 16_000_000}
# The rows of a chunk are written as one block, so that a reader sees all old rows of a cell or all new ones.
ONE_BLOCK: Final = {"max_insert_threads": 1, "min_insert_block_size_rows": 10**9, "min_insert_block_size_bytes": 10**12}
LOG_INTERVAL: Final = 5.0  # seconds


class DirtyCells(StoreDataset[None, Sequence[Cell]]):
    """The cells that have marks now, in the order of computation."""

    async def read(self, stores: Stores) -> Sequence[Cell]:
        params = current_params(Params)
        client = await stores.clickhouse.client()
        with traced(DIRTY_CELLS):
            dirty = await client.query(DIRTY_CELLS, parameters={"limit": params.limit})
        return [Cell(*row) for row in dirty.result_rows]


class CubeCells(StoreDataset[Chunk, None]):
    """Saving a chunk computes its hours from facts, then the days that contain them, and removes their marks.

    The order of the steps makes kills and concurrent runs harmless:

    1. Read the marks of the cells.
    2. Draw a version, which is higher than all before.
    3. Read the facts, and write the rows at this version.
    4. Mark cells again that have rows of another version.
    5. Remove the marks that were read in step 1, and no newer ones.

    Of the rows of two runs, those with the higher version count. That run drew its version after the other one had read
    its marks, and read the facts after that, so it has the facts of all removed marks. But it keeps rows that only the
    other run wrote; step 4 lets the next run compute these cells again. Days draw a version of their own after their
    hours are written, so the run whose days count has read the hours of the other.
    """

    def __init__(self) -> None:
        self._settled: list[UUID] = []
        self._logged_at = time.monotonic()

    async def write(self, stores: Stores, chunk: Chunk) -> None:
        client = await stores.clickhouse.client()
        cells = _parameters(chunk)
        marks = (await client.query(MARKS_OF_CELLS, parameters=cells, settings=SETTINGS)).result_rows
        newest = await self._newest(client, chunk.parts[0])
        for part in chunk.parts:
            # Doubled: the odd version below it removes the rows that existed before.
            version = 2 * await stores.postgres.fetchval(NEXT_VERSION)
            await self._compute(client, part.cube, {**_parameters(part), "version": version})
            if newest is not None:
                await client.command(RAISE_AS_OF, parameters={"cube": part.cube, "newest": newest})
        self._settled += [mark for (mark,) in marks]
        await self._remove(client, least=1 if chunk.is_last else MARKS_AT_ONCE)
        self._log_progress(chunk)

    async def _newest(self, client: AsyncClient, chunk: Chunk) -> int | None:
        """The newest event time of the chunk's facts, in microseconds since 1970; None without facts."""
        sql = NEWEST_EVENT[chunk.cube]
        rows = (await client.query(sql, parameters=_parameters(chunk), settings=SETTINGS)).result_rows
        return rows[0][0] if rows else None

    async def _compute(self, client: AsyncClient, cube: Cube, parameters: Mapping[str, Any]) -> None:
        for sql in COMPUTE[cube]:
            with traced(sql):
                await client.command(sql, parameters=dict(parameters), settings=SETTINGS | ONE_BLOCK)

    async def _remove(self, client: AsyncClient, least: int) -> None:
        """Removes settled marks while there are at least `least`."""
        while len(self._settled) >= least:
            marks = ",".join(f"'{mark}'" for mark in self._settled[:MARKS_AT_ONCE])
            with traced(REMOVE_MARKS):
                await client.command(REMOVE_MARKS, parameters={"marks": f"[{marks}]"}, settings=SETTINGS)
            del self._settled[:MARKS_AT_ONCE]

    def _log_progress(self, chunk: Chunk) -> None:
        if time.monotonic() > self._logged_at + LOG_INTERVAL:
            self._logged_at = time.monotonic()
            logger().info("computing cubes", cells=chunk.done + len(chunk.cells), of=chunk.total)


def _parameters(chunk: Chunk) -> dict[str, Any]:
    """The parameters of a statement; times are seconds since 1970.

    Lists are JSON texts, which the engine parses three times as fast.
    """
    keys = msgspec.json.encode([(cell.tenant, int(cell.begin.timestamp())) for cell in chunk.cells]).decode()
    bounds = {"first": int(chunk.first.timestamp()), "end": int(chunk.end.timestamp())}
    return {"cube": chunk.cube, "cells": keys, **bounds}
