"""Where cubes come from and go to: the marks of `anlyt.dirty`, and the cells that they ask for."""

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

# Removing is a mutation of the table of marks: it costs the same for many.
MARKS_AT_ONCE: Final = 20_000
# The longest statements are lists of marks and cells; a server takes 256 kB by default.
SETTINGS: Final = {"max_query_size": 16_000_000}
TELL_EVERY: Final = 5.0  # seconds


class DirtyCells(StoreDataset[None, Sequence[Cell]]):
    """The cells that have marks now, in the order in which they shall be computed."""

    async def read(self, stores: Stores) -> Sequence[Cell]:
        params = current_params(Params)
        client = await stores.clickhouse.client()
        with traced(DIRTY_CELLS):
            found = await client.query(DIRTY_CELLS, parameters={"limit": params.limit})
        return [Cell(*row) for row in found.result_rows]


class CubeCells(StoreDataset[Chunk, None]):
    """Saving a chunk computes hours from the facts that are there, then the days that are made of them, and removes the
    marks that asked for it.

    The order makes every interruption harmless, and two runs at once, too: marks are read, then the version is taken,
    then facts are read, and only what was written is forgotten. Of the versions of a row the highest wins; whoever
    wrote it took it after every removed mark had been read, and read the facts after that. A row that only the older
    of two runs found is not taken back by the newer one, so who finds rows of another version marks the cell again.
    Days have a version of their own, taken once the hours are written: whose is higher has read the other's hours.
    """

    def __init__(self) -> None:
        self._settled: list[UUID] = []
        self._told = time.monotonic()

    async def write(self, stores: Stores, chunk: Chunk) -> None:
        client = await stores.clickhouse.client()
        cells = _parameters(chunk)
        marks = (await client.query(MARKS_OF_CELLS, parameters=cells, settings=SETTINGS)).result_rows
        newest = await self._newest(client, chunk.parts[0])
        for part in chunk.parts:
            # Twice: rows that were there before are taken back with the version between.
            version = 2 * await stores.postgres.fetchval(NEXT_VERSION)
            await self._compute(client, part.cube, {**_parameters(part), "version": version})
            if newest is not None:
                await client.command(RAISE_AS_OF, parameters={"cube": part.cube, "newest": newest})
        self._settled += [mark for (mark,) in marks]
        await self._remove(client, least=1 if chunk.is_last else MARKS_AT_ONCE)
        self._tell(chunk)

    async def _newest(self, client: AsyncClient, chunk: Chunk) -> int | None:
        """Microseconds since 1970; None without facts."""
        sql = NEWEST_EVENT[chunk.cube]
        found = (await client.query(sql, parameters=_parameters(chunk), settings=SETTINGS)).result_rows
        return found[0][0] if found else None

    async def _compute(self, client: AsyncClient, cube: Cube, parameters: Mapping[str, Any]) -> None:
        for sql in COMPUTE[cube]:
            with traced(sql):
                await client.command(sql, parameters=dict(parameters), settings=SETTINGS)

    async def _remove(self, client: AsyncClient, least: int) -> None:
        """Removes settled marks while there are that many."""
        while len(self._settled) >= least:
            marks = ",".join(f"'{mark}'" for mark in self._settled[:MARKS_AT_ONCE])
            with traced(REMOVE_MARKS):
                await client.command(REMOVE_MARKS, parameters={"marks": f"[{marks}]"}, settings=SETTINGS)
            del self._settled[:MARKS_AT_ONCE]

    def _tell(self, chunk: Chunk) -> None:
        if time.monotonic() > self._told + TELL_EVERY:
            self._told = time.monotonic()
            logger().info("computing cubes", cells=chunk.done + len(chunk.cells), of=chunk.total)


def _parameters(chunk: Chunk) -> dict[str, Any]:
    """As one text, lists are parsed three times as quickly. Times are seconds since 1970."""
    keys = msgspec.json.encode([(cell.tenant, int(cell.begin.timestamp())) for cell in chunk.cells]).decode()
    bounds = {"first": int(chunk.first.timestamp()), "end": int(chunk.end.timestamp())}
    return {"cube": chunk.cube, "cells": keys, **bounds}
