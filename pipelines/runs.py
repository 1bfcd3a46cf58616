"""One run of a pipeline: parameters checked, lease held, row written, metrics and span recorded."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal

import msgspec
from kedro.io import DataCatalog, DatasetError
from kedro.runner import SequentialRunner

from infra.errors import AnlytError, UsageError
from infra.faults import fault_of
from infra.metrics import PIPELINE_DURATION
from infra.postgres import Connection
from infra.sql import statement
from infra.telemetry import logger, tracer
from pipelines import CONF
from pipelines.definition import Counts, Definition
from pipelines.kedro_thread import Run, in_thread
from pipelines.lease import lease
from pipelines.pipeline_registry import DEFINITIONS
from pipelines.run_metrics import NEWEST_SUCCESSES
from pipelines.stores import Stores

SQL: Final = Path(__file__).parent / "sql"
ABANDON: Final = statement(SQL, "abandon_runs")
BEGIN: Final = statement(SQL, "begin_run")
FINISH: Final = statement(SQL, "finish_run")
LONGEST_ERROR: Final = 500  # characters


class PipelineFailedError(AnlytError):
    """A run ended with an error, which is the cause of this one."""


class PipelineAlarmError(AnlytError):
    """A run succeeded, and found what a human has to look at; `counts` is what it did."""

    def __init__(self, sentence: str, counts: Counts) -> None:
        super().__init__(sentence)
        self.counts = counts


@dataclass(frozen=True, slots=True)
class Order:
    """A pipeline with parameters that were checked."""

    definition: Definition
    params: msgspec.Struct


def order(name: str, params: Mapping[str, str]) -> Order:
    """UsageError lists what is allowed when the pipeline or a parameter is unknown, or says what a value must be."""
    if name not in DEFINITIONS:
        raise UsageError(f"There is no pipeline {name}; choose from {', '.join(DEFINITIONS)}.")
    definition = DEFINITIONS[name]
    allowed = definition.params.__struct_fields__
    for given in params:
        if given not in allowed:
            raise UsageError(f"Pipeline {name} has no parameter {given}; it takes {', '.join(allowed) or 'none'}.")
    try:
        return Order(definition, msgspec.convert(dict(params), definition.params, strict=False))
    except msgspec.ValidationError as error:
        raise UsageError(f"Pipeline {name}: {_told(error)}") from error


def _told(error: msgspec.ValidationError) -> str:
    """'Expected `int`, got `str` - at `$.chunk`' -> 'chunk must be `int`.'; 'Invalid date - ...' -> 'a valid date'."""
    sentence = str(error).removeprefix("Expected ").replace("Invalid ", "a valid ")
    expected, _, place = sentence.partition(" - at `$.")
    return f"{place.rstrip('`')} must be {expected.partition(', got ')[0]}."


async def run(stores: Stores, name: str, params: Mapping[str, str] | None = None, *, patience: float = 0.0) -> Counts:
    """Runs a pipeline to its end; what it did, in numbers.

    UsageError for wrong parameters, PipelineBusyError while another run is under way and does not end within
    `patience` seconds, PipelineFailedError with the cause of a failure, PipelineAlarmError after a success with an
    alarm. Every run that began leaves a row in `anlyt.pipeline_runs`; cancelled, it is ABANDONED.
    """
    ordered = order(name, params or {})
    counts, alarm = await _run(stores, ordered, patience)
    if alarm:
        raise PipelineAlarmError(alarm, counts)
    return counts


async def _run(stores: Stores, ordered: Order, patience: float) -> tuple[Counts, str]:
    """Under the lease, with a row and a span: what the pipeline leaves."""
    name = ordered.definition.name
    under_way = Run(stores, ordered.params)
    async with lease(stores.engines.postgres, name, under_way.stop, patience) as connection:
        await connection.execute(ABANDON, name)  # closes rows that killed runs left
        with tracer.start_as_current_span(ordered.definition.span):
            async with _recorded(connection, name) as row:
                under_way.id = row.id
                row.counts, alarm = await execute(under_way, ordered.definition)
                return row.counts, alarm


def in_words(name: str, counts: Counts) -> str:
    """A line for whoever asked for the run."""
    return f"{name}: done" + "".join(f", {count:,} {what.replace('_', ' ')}" for what, count in counts.items())


async def last_successes(stores: Stores) -> Mapping[str, datetime]:
    """When each pipeline last succeeded, whichever process ran it."""
    return {row["name"]: row["finished"] for row in await stores.postgres.fetch(NEWEST_SUCCESSES, list(DEFINITIONS))}


async def execute(under_way: Run, definition: Definition) -> tuple[Counts, str]:
    """The nodes, between the datasets of the catalog; without lease or row. What they leave: counts, and an alarm."""
    return await in_thread(under_way, partial(_kedro, definition))


def catalog() -> DataCatalog:
    """Every dataset of every pipeline."""
    return DataCatalog.from_config(msgspec.yaml.decode((CONF / "base/catalog.yml").read_bytes()))


def _kedro(definition: Definition) -> tuple[Counts, str]:
    left = SequentialRunner().run(definition.make(), catalog())
    counts, alarm = (left.get(f"{definition.name}_{what}") for what in ("counts", "alarm"))
    return {} if counts is None else counts.load(), "" if alarm is None else alarm.load()


@dataclass(slots=True)
class _Row:
    id: int
    counts: Counts


@asynccontextmanager
async def _recorded(connection: Connection, name: str) -> AsyncIterator[_Row]:
    """The row of a run, closed in whatever way the body ends; its error is raised as PipelineFailedError."""
    row, began = _Row(await connection.fetchval(BEGIN, name), {}), time.perf_counter()

    async def finish(status: Literal["SUCCEEDED", "FAILED", "ABANDONED"], error: str | None) -> None:
        if not connection.is_closed():  # else the next run does it
            counts = msgspec.json.encode(row.counts).decode()
            histogram = PIPELINE_DURATION.name, PIPELINE_DURATION.bounds
            await connection.execute(FINISH, row.id, status, counts, error, *histogram)

    try:
        yield row
    except asyncio.CancelledError:
        await finish("ABANDONED", "The run was stopped.")
        raise
    except Exception as error:  # whatever it was, the run's row says so
        cause = _cause(error)
        sentence = "PostgreSQL closed the run's lease." if connection.is_closed() else _sentence(cause)
        await finish("FAILED", sentence)
        logger().error("pipeline failed", pipeline=name, error=sentence)
        raise PipelineFailedError(f"Pipeline {name} failed: {sentence}") from cause
    seconds = time.perf_counter() - began
    await finish("SUCCEEDED", None)
    logger().info("pipeline succeeded", pipeline=name, seconds=round(seconds, 3), **row.counts)


def _cause(error: BaseException) -> BaseException:
    """What a dataset's error is about."""
    return _cause(error.__cause__) if isinstance(error, DatasetError) and error.__cause__ else error


def _sentence(error: BaseException) -> str:
    error = fault_of(error) or error
    text = str(error) if isinstance(error, AnlytError) else f"{type(error).__name__}: {error}"
    return text.strip().partition("\n")[0][:LONGEST_ERROR]
