"""Runs a pipeline: validates its parameters, holds its lease, writes its row, and records metrics and a span."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from inspect import isgeneratorfunction
from pathlib import Path
from typing import Final

import msgspec
from kedro.io import DataCatalog, DatasetError

from infra.errors import AnlytError, UsageError
from infra.faults import fault_of
from infra.metrics import PIPELINE_DURATION
from infra.postgres import Connection
from infra.sql import statement
from infra.telemetry import logger, span
from pipelines import CONF
from pipelines.definition import Counts, Definition
from pipelines.kedro_thread import Run, in_thread
from pipelines.lease import lease
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.run_metrics import NEWEST_SUCCESSES
from pipelines.stores import Stores
from schema.statuses import RunEnd

SQL: Final = Path(__file__).parent / "sql"
ABANDON: Final = statement(SQL, "abandon_runs")
BEGIN: Final = statement(SQL, "begin_run")
FINISH: Final = statement(SQL, "finish_run")
LONGEST_ERROR: Final = 500  # characters


class PipelineFailedError(AnlytError):
    """A run ended with an error, which is the cause of this one."""


class PipelineAlarmError(AnlytError):
    """A run succeeded and found something that a human has to look at. `counts`: its counts."""

    def __init__(self, sentence: str, counts: Counts) -> None:
        super().__init__(sentence)
        self.counts = counts


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A pipeline and the validated parameters of a run."""

    definition: Definition
    params: msgspec.Struct


def parse_request(name: str, params: Mapping[str, str]) -> RunRequest:
    """Validates a run's pipeline and parameters.

    Raises UsageError for an unknown pipeline or parameter, with the known ones, and for a wrong value.
    """
    if name not in DEFINITIONS:
        raise UsageError(f"There is no pipeline {name}; choose from {', '.join(DEFINITIONS)}.")
    definition = DEFINITIONS[name]
    allowed = definition.params.__struct_fields__
    for param in params:
        if param not in allowed:
            raise UsageError(f"Pipeline {name} has no parameter {param}; it takes {', '.join(allowed) or 'none'}.")
    try:
        return RunRequest(definition, msgspec.convert(dict(params), definition.params, strict=False))
    except msgspec.ValidationError as error:
        raise UsageError(f"Pipeline {name}: {_in_words(error)}") from error


def _in_words(error: msgspec.ValidationError) -> str:
    """'Expected `int`, got `str` - at `$.chunk`' -> 'chunk must be `int`.'; 'Invalid date - ...' -> 'a valid date'."""
    sentence = str(error).removeprefix("Expected ").replace("Invalid ", "a valid ")
    expected, _, path = sentence.partition(" - at `$.")
    return f"{path.rstrip('`')} must be {expected.partition(', got ')[0]}."


async def run(stores: Stores, name: str, params: Mapping[str, str] | None = None, *, patience: float = 0.0) -> Counts:
    """Runs a pipeline to its end and returns its counts.

    Raises UsageError for wrong parameters, PipelineBusyError if another run does not end within `patience` seconds,
    PipelineFailedError with the cause of a failure, PipelineAlarmError after a success with an alarm. Every run that
    began leaves a row in `anlyt.pipeline_runs`; a cancelled one is ABANDONED.
    """
    request = parse_request(name, params or {})
    counts, alarm = await _run(stores, request, patience)
    if alarm:
        raise PipelineAlarmError(alarm, counts)
    return counts


async def _run(stores: Stores, request: RunRequest, patience: float) -> tuple[Counts, str]:
    """Runs a pipeline under its lease, with a row and a span; returns its counts and its alarm."""
    name = request.definition.name
    under_way = Run(stores, request.params)
    async with lease(stores.engines.postgres, name, under_way.stop, patience) as connection:
        await connection.execute(ABANDON, name)  # closes rows that killed runs left
        with span(request.definition.span):
            async with _recorded(connection, name) as row:
                under_way.id = row.id
                row.counts, alarm = await execute(under_way, request.definition)
                return row.counts, alarm


def in_words(name: str, counts: Counts) -> str:
    """One line with the counts of a run, for a terminal."""
    return f"{name}: done" + "".join(f", {count:,} {what.replace('_', ' ')}" for what, count in counts.items())


async def last_successes(stores: Stores) -> Mapping[str, datetime]:
    """When each pipeline last succeeded, whichever process ran it."""
    return {row["name"]: row["finished"] for row in await stores.postgres.fetch(NEWEST_SUCCESSES, list(DEFINITIONS))}


async def execute(under_way: Run, definition: Definition) -> tuple[Counts, str]:
    """Runs a pipeline's nodes without lease or row; returns its counts and its alarm."""
    return await in_thread(under_way, partial(_kedro, definition))


def catalog() -> DataCatalog:
    """The datasets of all pipelines."""
    return DataCatalog.from_config(msgspec.yaml.decode((CONF / "base/catalog.yml").read_bytes()))


def _kedro(definition: Definition) -> tuple[Counts, str]:
    """Runs the nodes, each after those whose outputs it reads. Saves what a generator yields one by one.

    Kedro's SequentialRunner does the same; importing it takes longer than most runs.
    """
    pipeline, datasets = definition.make(), catalog()
    for node in pipeline.nodes:
        outputs = node.run({name: datasets.load(name) for name in node.inputs})
        for name, output in outputs.items():
            for part in output if isgeneratorfunction(node.func) else (output,):
                datasets.save(name, part)
    counts, alarm = (f"{definition.name}_{what}" for what in ("counts", "alarm"))
    made = pipeline.outputs()
    return datasets.load(counts) if counts in made else {}, datasets.load(alarm) if alarm in made else ""


@dataclass(slots=True)
class _Row:
    """The row of a run in `anlyt.pipeline_runs`."""

    id: int
    counts: Counts


@asynccontextmanager
async def _recorded(connection: Connection, name: str) -> AsyncIterator[_Row]:
    """Writes the row of a run and closes it however the body ends. Raises its error as PipelineFailedError."""
    row, began = _Row(await connection.fetchval(BEGIN, name), {}), time.perf_counter()

    async def finish(status: RunEnd, error: str | None) -> None:
        if not connection.is_closed():  # otherwise the next run closes the row
            counts = msgspec.json.encode(row.counts).decode()
            histogram = PIPELINE_DURATION.name, PIPELINE_DURATION.bounds
            await connection.execute(FINISH, row.id, status, counts, error, *histogram)

    try:
        yield row
    except asyncio.CancelledError:
        await finish("ABANDONED", "The run was stopped.")
        raise
    except Exception as error:  # any error goes into the run's row
        cause = _cause(error)
        sentence = "PostgreSQL closed the run's lease." if connection.is_closed() else _sentence(cause)
        await finish("FAILED", sentence)
        logger().error("pipeline failed", pipeline=name, error=sentence)
        raise PipelineFailedError(f"Pipeline {name} failed: {sentence}") from cause
    seconds = time.perf_counter() - began
    await finish("SUCCEEDED", None)
    logger().info("pipeline succeeded", pipeline=name, seconds=round(seconds, 3), **row.counts)


def _cause(error: BaseException) -> BaseException:
    """The error behind Kedro's DatasetError."""
    return _cause(error.__cause__) if isinstance(error, DatasetError) and error.__cause__ else error


def _sentence(error: BaseException) -> str:
    error = fault_of(error) or error
    text = str(error) if isinstance(error, AnlytError) else f"{type(error).__name__}: {error}"
    return text.strip().partition("\n")[0][:LONGEST_ERROR]
