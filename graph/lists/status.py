"""How the service itself does, for administrators: runs of pipelines, closed days, and what billing disagrees with."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, TypeVar

import msgspec
from msgspec import Meta

from graph.access import Scope, administration
from graph.answer import Answer
from graph.reports.reading.reader import Reader
from infra.sql import statement
from schema.statuses import ComparisonStatus, RunStatus

CLOSED_DAYS: Final = 7  # days that `closed_days` returns

T = TypeVar("T")

_SQL: Final = Path(__file__).parent / "sql"
_RUNS, _DAYS, _FINDINGS = (statement(_SQL, name) for name in ("pipeline_runs", "closed_days", "findings"))


class PipelineRuns(Answer, frozen=True, kw_only=True, rename="camel"):
    """The runs of one pipeline."""

    name: Annotated[str, Meta(description="The pipeline. One that has never run is not listed.")]
    status: Annotated[RunStatus, Meta(description="How the newest run ended, or RUNNING. ABANDONED: it was killed.")]
    started: Annotated[datetime, Meta(description="When the newest run began.")]
    seconds: Annotated[float | None, Meta(description="How long the newest run took; null while it runs.")]
    last_success: Annotated[datetime | None, Meta(description="When the newest success ended; null without one.")]
    succeeded: Annotated[int, Meta(ge=0, description="Runs that succeeded, ever.")]
    failed: Annotated[int, Meta(ge=0, description="Runs that failed or were killed, ever.")]
    last_failure: Annotated[
        datetime | None, Meta(description="When the newest failure of the last 90 days began; null without one.")
    ]
    error: Annotated[str | None, Meta(description="What that failure said.")]


class ClosedDay(Answer, frozen=True, kw_only=True, rename="camel"):
    """A UTC day whose compliance facts are in the hash chain."""

    day: Annotated[date, Meta(description="The UTC day.")]
    links: Annotated[int, Meta(ge=1, description="Links of the chain: the one that closed it, and one per amendment.")]
    facts: Annotated[int, Meta(ge=0, description="Compliance facts of the day in the chain.")]
    link: Annotated[int, Meta(description="The number of the day's newest link.")]
    hash: Annotated[str, Meta(description="The hash of that link, which covers all links before it.")]


class Findings(Answer, frozen=True, kw_only=True, rename="camel"):
    """The days and currencies whose last comparison with billing has this status."""

    status: Annotated[ComparisonStatus, Meta(description="How the last comparison ended.")]
    comparisons: Annotated[int, Meta(ge=1, description="Days and currencies whose last comparison has this status.")]
    newest_day: Annotated[date, Meta(description="The newest of these days.")]


async def pipeline_runs(reader: Reader, scope: Scope) -> Sequence[PipelineRuns]:
    """The runs of each pipeline, by name. Raises ForbiddenError, DependencyUnavailableError."""
    return await _read(reader, scope, list[PipelineRuns], _RUNS)


async def closed_days(reader: Reader, scope: Scope) -> Sequence[ClosedDay]:
    """The newest days of the hash chain, newest first. Raises ForbiddenError, DependencyUnavailableError."""
    return await _read(reader, scope, list[ClosedDay], _DAYS, CLOSED_DAYS)


async def findings(reader: Reader, scope: Scope) -> Sequence[Findings]:
    """The last comparisons with billing, by status. Raises ForbiddenError, DependencyUnavailableError."""
    return await _read(reader, scope, list[Findings], _FINDINGS)


async def _read(reader: Reader, scope: Scope, kind: type[T], sql: str, *arguments: object) -> T:
    administration(scope)
    return msgspec.json.decode(await reader.fetch_value(sql, *arguments), type=kind)
