"""A run: its parameters, lease, row, metrics and errors."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from kedro.io import MemoryDataset
from kedro.pipeline import Pipeline, node
from prometheus_client import REGISTRY

from infra.errors import DependencyUnavailableError, UsageError
from infra.faults import fault_of
from infra.postgres import Connection
from pipelines import run_metrics, runs
from pipelines.cubes.datasets import DirtyCells
from pipelines.lease import PipelineBusyError, lease
from pipelines.pipeline_registry import DEFINITIONS, register_pipelines
from pipelines.stores import Stores
from tests.support.database import connected

pytestmark = pytest.mark.anyio


async def rows(stores: Stores) -> list[Mapping[str, Any]]:
    found = await stores.postgres.fetch("select *, finished - started as took from anlyt.pipeline_runs order by id")
    return [dict(row) for row in found]


@asynccontextmanager
async def lease_of(stores: Stores, name: str = "cubes") -> AsyncIterator[Connection]:
    """The lease of a pipeline, as another process holds it."""

    def lost() -> None: ...

    async with lease(stores.engines.postgres, name, lost) as connection:
        yield connection


class Stuck:
    """Replaces the first read of `cubes` by one that waits until `go_on` is set."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

        async def read(_: DirtyCells, __: Stores) -> list[Any]:
            self.reached.set()
            await self.go_on.wait()
            return []

        patch.setattr(DirtyCells, "read", read)


@pytest.mark.parametrize(
    ("name", "params", "sentence"),
    [
        ("cube", {}, r"There is no pipeline cube; choose from .*\bcubes\b"),
        ("cubes", {"size": "1"}, r"Pipeline cubes has no parameter size; it takes chunk, limit\."),
        ("cubes", {"chunk": "many"}, r"Pipeline cubes: chunk must be `int`\."),
        ("cubes", {"chunk": "3"}, r"Pipeline cubes: chunk must be `int` >= 4\."),
    ],
)
def test_wrong_requests_name_what_is_allowed(name: str, params: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        runs.parse_request(name, params)


def test_every_pipeline_is_registered_under_its_name() -> None:
    assert set(register_pipelines()) == {*DEFINITIONS, "__default__"}
    assert all(name == definition.name for name, definition in DEFINITIONS.items())
    assert all(definition.span == f"anlyt.pipeline.{name}" for name, definition in DEFINITIONS.items())


async def test_a_run_leaves_a_row_and_metrics(stores: Stores) -> None:
    assert await runs.run(stores, "cubes") == {"cells": 0}
    (row,) = await rows(stores)
    assert (row["name"], row["status"], row["counts"], row["error"]) == ("cubes", "SUCCEEDED", '{"cells": 0}', None)
    assert row["took"].total_seconds() > 0
    await run_metrics.measure(stores)
    gauge = REGISTRY.get_sample_value("anlyt_pipeline_last_success_timestamp_seconds", {"pipeline": "cubes"})
    assert gauge == pytest.approx(row["finished"].timestamp(), abs=1e-3)


async def test_the_second_of_two_runs_says_so_and_does_nothing(stores: Stores) -> None:
    async with lease_of(stores):
        with pytest.raises(PipelineBusyError, match="Pipeline cubes is running in another process; nothing was done"):
            await runs.run(stores, "cubes")
    assert await rows(stores) == []
    async with lease_of(stores, "rollup"):
        await runs.run(stores, "cubes")


async def test_the_row_of_a_killed_run_is_closed_by_the_next(stores: Stores) -> None:
    async with lease_of(stores) as connection:
        await connection.execute(runs.BEGIN, "cubes")
        await connection.execute(runs.BEGIN, "rollup")
    await runs.run(stores, "cubes")
    found = {(row["name"], row["status"], row["error"]) for row in await rows(stores)}
    assert found == {
        ("cubes", "ABANDONED", "The process ended before the run did."),
        ("rollup", "RUNNING", None),
        ("cubes", "SUCCEEDED", None),
    }


async def test_a_database_without_tables_is_named(stores: Stores) -> None:
    await stores.postgres.execute("drop schema anlyt cascade")
    for call in (runs.run(stores, "cubes"), runs.last_successes(stores)):
        with pytest.raises(asyncpg.UndefinedTableError) as raised:
            await call
        assert "ANLYT_POSTGRES_DSN: the database is not migrated to this version" in str(fault_of(raised.value))


async def test_a_failed_run_says_why(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(_: DirtyCells, __: Stores) -> None:
        raise DependencyUnavailableError("ClickHouse does not answer at nowhere:1.")

    monkeypatch.setattr(DirtyCells, "read", read)
    sentence = "ClickHouse does not answer at nowhere:1."
    with pytest.raises(runs.PipelineFailedError, match=f"Pipeline cubes failed: {sentence}") as caught:
        await runs.run(stores, "cubes")
    assert isinstance(caught.value.__cause__, DependencyUnavailableError)
    (row,) = await rows(stores)
    assert (row["status"], row["error"]) == ("FAILED", sentence)


async def test_a_node_that_raises_fails_the_run(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ValueError("first line\nsecond line")

    definition = replace(DEFINITIONS["cubes"], make=lambda: Pipeline([node(broken, "cubes_dirty_cells", "nothing")]))
    monkeypatch.setattr(runs, "DEFINITIONS", {"cubes": definition})
    with pytest.raises(runs.PipelineFailedError):
        await runs.run(stores, "cubes")
    (row,) = await rows(stores)
    assert (row["status"], row["error"]) == ("FAILED", "ValueError: first line")


async def test_a_run_that_is_stopped_ends_and_frees_the_lease(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Stuck(monkeypatch)
    task = asyncio.create_task(runs.run(stores, "cubes"))
    await stuck.reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (row,) = await rows(stores)
    assert (row["status"], row["error"]) == ("ABANDONED", "The run was stopped.")
    async with lease_of(stores):
        pass


async def test_a_run_that_loses_its_lease_stops(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = Stuck(monkeypatch)
    task = asyncio.create_task(runs.run(stores, "cubes"))
    await stuck.reached.wait()
    async with connected(stores.engines.postgres) as admin:
        await admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'anlyt pipeline' and datname = current_database()"
        )
    with pytest.raises(runs.PipelineFailedError, match="PostgreSQL closed the run's lease"):
        await task
    assert [row["status"] for row in await rows(stores)] == ["RUNNING"]
    stuck.go_on.set()
    await runs.run(stores, "cubes")
    assert [row["status"] for row in await rows(stores)] == ["ABANDONED", "SUCCEEDED"]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_what_is_in_memory_is_handed_on_as_it_is(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """For a copy, Kedro would first import pandas, which costs more CPU than the rest of a run."""
    pipeline = DEFINITIONS[name].make()
    found = {each: runs.catalog().get(each) for each in pipeline.datasets()}
    assert None not in found.values()
    in_memory = {each: dataset for each, dataset in found.items() if isinstance(dataset, MemoryDataset)}
    assert {each: dataset._copy_mode for each, dataset in in_memory.items()} == dict.fromkeys(in_memory, "assign")
    assert in_memory
    assert caplog.messages == []
